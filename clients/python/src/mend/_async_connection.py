"""One connection for all tasks of an event loop."""

from __future__ import annotations

import asyncio
import copy
import os
import socket
import weakref
from collections import deque
from typing import Any, Deque, Dict, Mapping, Optional, Set, cast

from . import _wire
from ._exceptions import CallTimeout, ConnectionLost, MendError, NotSent, ProtocolViolation, Unreachable, from_answer
from ._socket import hint_for

_UNKNOWN = "whether the call was done is not known: look before sending it again"
#: Notifications that nobody has taken yet, from which on no more are read.
_MANY = 1000


class AsyncConnection(asyncio.Protocol):
    """A socket with calls under way."""

    def __init__(self, sock: socket.socket, loop: asyncio.AbstractEventLoop) -> None:
        self._sock = sock
        self._loop = loop
        self._transport: Optional[asyncio.Transport] = None
        self._lines = _wire.Lines()
        self._pending: Dict[int, asyncio.Future[Dict[str, Any]]] = {}
        self._abandoned: Set[int] = set()
        self._notifications: Deque[Dict[str, Any]] = deque()
        self._news = asyncio.Event()
        self._writable = asyncio.Event()
        self._writable.set()
        self._end: Optional[MendError] = None
        _open.add(self)

    @classmethod
    async def open(cls, path: str, timeout: Optional[float]) -> AsyncConnection:
        """Connect to the socket at ``path``, in ``timeout`` seconds at most. Raises ``Unreachable``."""
        loop = asyncio.get_running_loop()
        sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        sock.setblocking(False)
        try:
            await asyncio.wait_for(loop.sock_connect(sock, path), timeout)
            _, made = await loop.create_unix_connection(lambda: cls(sock, loop), sock=sock)
        except (OSError, asyncio.TimeoutError) as error:
            sock.close()
            raise Unreachable(f"the daemon cannot be reached at {path}: {error}", hint=hint_for(error)) from error
        except BaseException:
            sock.close()
            raise
        return made

    @property
    def is_usable(self) -> bool:
        """Whether calls can be sent from the loop that runs."""
        if self._end is not None or self._loop is not asyncio.get_running_loop():
            return False
        # The loop may not have had the time to see that the daemon has closed it.
        try:
            return bool(self._sock.recv(1, socket.MSG_PEEK | socket.MSG_DONTWAIT))
        except BlockingIOError:
            return True
        except OSError:
            return False

    async def call(
        self, method: str, params: Optional[Mapping[str, Any]], timeout: Optional[float], waits: bool = False
    ) -> Dict[str, Any]:
        """Do a call. A wait whose task is cancelled ends at the daemon, too, and what it had leased is put back."""
        number = _wire.next_id()
        line = _wire.encode(method, params, number)
        await self._writable.wait()
        if self._end is not None or self._transport is None:
            if self._end is None or type(self._end) is ConnectionLost:
                raise NotSent("the connection has ended")
            raise copy.copy(self._end)
        future: asyncio.Future[Dict[str, Any]] = self._loop.create_future()
        self._pending[number] = future
        self._transport.write(line)
        # Not by asyncio.wait_for, which before Python 3.12 may lose a cancellation, or an answer.
        late = CallTimeout(f"{method} was not answered in {timeout} s", hint=_UNKNOWN)
        timer = None if timeout is None else self._loop.call_later(timeout, _fail, future, late)
        try:
            message = await future
        except asyncio.CancelledError:
            if waits:
                self._abandon(number, future)
            raise
        finally:
            self._pending.pop(number, None)
            if timer is not None:
                timer.cancel()
        if "error" in message:
            raise from_answer(message["error"])
        result = message.get("result")
        if not isinstance(result, dict):
            raise ProtocolViolation(f"the result of {method} is no object")
        return result

    async def next_notification(self) -> Dict[str, Any]:
        """Give the next message that answers no call."""
        while not self._notifications:
            if self._end is not None:
                raise copy.copy(self._end)
            self._news.clear()
            await self._news.wait()
        if len(self._notifications) == _MANY and self._transport is not None:
            self._transport.resume_reading()
        return self._notifications.popleft()

    def close(self) -> None:
        """End the connection, and all waits on it."""
        self._break(ConnectionLost("the client was closed"))

    def forget(self) -> None:
        """Let go of it in a forked child; the parent's lives on."""
        self._end = ConnectionLost("the connection belongs to the process that forked")
        self._sock.close()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)

    def connection_lost(self, exc: Optional[Exception]) -> None:
        how = f"the connection was lost: {exc}" if exc else "the daemon closed the connection"
        self._break(ConnectionLost(how, hint=_UNKNOWN))

    def pause_writing(self) -> None:
        self._writable.clear()

    def resume_writing(self) -> None:
        self._writable.set()

    def data_received(self, data: bytes) -> None:
        try:
            for line in self._lines.feed(data):
                self._dispatch(_wire.decode(line))
        except ProtocolViolation as error:
            self._break(error)

    def _dispatch(self, message: Dict[str, Any]) -> None:
        if "method" in message:
            self._notifications.append(message)
            self._news.set()
            if len(self._notifications) == _MANY and self._transport is not None:
                self._transport.pause_reading()
        elif message.get("id") is None and "error" in message:
            self._break(from_answer(message["error"]))
        elif message.get("id") in self._abandoned:
            self._put_back(message)
        else:
            future = self._pending.pop(message.get("id", 0), None)
            if future is not None and not future.done():
                future.set_result(message)

    def _abandon(self, number: int, future: asyncio.Future[Dict[str, Any]]) -> None:
        """End a wait at the daemon, too. The answer may be here already, or be on its way."""
        if future.done() and not future.cancelled() and future.exception() is None:
            self._put_back(future.result())
        elif self._end is None and self._transport is not None:
            self._abandoned.add(number)
            self._transport.write(_wire.encode("system.cancel", {"id": number}, None))

    def _put_back(self, message: Dict[str, Any]) -> None:
        """Release what was leased for a task that does not wait any more."""
        self._abandoned.discard(message.get("id", 0))
        for leased in message.get("result", {}).get("operations", []):
            params = {"operation": leased["operation"], "lease": leased["lease"]}
            if self._transport is not None:
                self._transport.write(_wire.encode("queue.release", params, None))

    def _break(self, end: MendError) -> None:
        self._end = self._end or end
        for future in self._pending.values():
            _fail(future, copy.copy(self._end))
        self._pending.clear()
        self._news.set()
        self._writable.set()
        if self._transport is not None and not self._loop.is_closed():
            self._transport.abort()


def _fail(future: asyncio.Future[Dict[str, Any]], error: MendError) -> None:
    if not future.done():
        future.set_exception(error)


_open: weakref.WeakSet[AsyncConnection] = weakref.WeakSet()


def _forget_all() -> None:
    for connection in list(_open):
        connection.forget()


os.register_at_fork(after_in_child=_forget_all)
