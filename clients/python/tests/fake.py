"""A daemon that misbehaves as a test says."""

from __future__ import annotations

import contextlib
import json
import os
import socket
import threading
from typing import Any, Callable, Dict, Iterator, List, Optional

#: Gets a request and gives the bytes to answer; None closes the connection.
Script = Callable[[Dict[str, Any]], Optional[bytes]]


class FakeDaemon:
    """Listens at ``path`` and answers as ``script`` says."""

    def __init__(self, path: str, script: Script, greeting: bytes = b"") -> None:
        self.path = path
        self.requests: List[Dict[str, Any]] = []
        self.connections = 0
        #: Set when a connection was closed.
        self.closed = threading.Event()
        self._script = script
        self._greeting = greeting
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self._socket.bind(path)
        self._socket.listen(16)
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self) -> None:
        """Listen no more."""
        # Closing alone would leave accept(2) waiting.
        self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()
        os.unlink(self.path)

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._socket.accept()
            except OSError:
                return
            self.connections += 1
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        with connection, connection.makefile("rb") as lines:
            if self._greeting:
                connection.sendall(self._greeting)
                return
            for line in _until_reset(lines):
                request = json.loads(line)
                self.requests.append(request)
                answer = self._script(request)
                if answer is None:
                    connection.shutdown(socket.SHUT_RDWR)
                    self.closed.set()
                    return
                connection.sendall(answer)


def _until_reset(lines: Any) -> Iterator[bytes]:
    """Give lines until the other side ends, also where it leaves answers unread."""
    with contextlib.suppress(ConnectionResetError):
        yield from lines


def result(request: Dict[str, Any], **members: Any) -> bytes:
    """Write an answer to ``request``."""
    return json.dumps({"jsonrpc": "2.0", "id": request.get("id"), "result": members}).encode() + b"\n"
