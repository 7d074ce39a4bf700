"""One connection for all threads of a process."""

from __future__ import annotations

import contextlib
import copy
import os
import select
import socket
import threading
import time
import weakref
from collections import deque
from typing import Any, Callable, Deque, Dict, Mapping, Optional

from . import _wire
from ._exceptions import CallTimeout, ConnectionLost, MendError, NotSent, ProtocolViolation, from_answer

_UNKNOWN = "whether the call was done is not known: look before sending it again"


class Pending:
    """A call that was sent."""

    def __init__(self, connection: Connection, number: int, method: str) -> None:
        self._connection = connection
        self.id = number
        self.method = method
        self.answer: Optional[Mapping[str, Any]] = None

    def result(self, timeout: Optional[float] = None) -> Dict[str, Any]:
        """Wait for the answer, for ``timeout`` seconds at most, and give its ``result``.

        Raises what the daemon answered; ``CallTimeout`` (the answer will be dropped then), ``ConnectionLost``.
        """
        self._connection.wait_for(self, timeout)
        answer = self.answer or {}
        if "error" in answer:
            raise from_answer(answer["error"])
        result = answer.get("result")
        if not isinstance(result, dict):
            raise ProtocolViolation(f"the result of {self.method} is no object")
        return result

    def cancel(self) -> None:
        """Ask the daemon to end the wait of this call, which is answered ``cancelled`` if it still waits."""
        self._connection.notify("system.cancel", {"id": self.id})


class Connection:
    """A socket with calls under way.

    There is no thread behind it: of the threads that wait for answers, one reads for all, and hands that on when it has
    its own. So a thread that waits long holds up no other one.
    """

    def __init__(self, sock: socket.socket) -> None:
        self._sock = sock
        self._lines = _wire.Lines()
        self._pending: Dict[int, Pending] = {}
        self._notifications: Deque[Dict[str, Any]] = deque()
        self._end: Optional[MendError] = None
        self._reading = False
        self._state = threading.Condition()
        self._sending = threading.Lock()
        _open.add(self)

    @property
    def is_over(self) -> bool:
        """Whether nothing more can be sent; looks whether the daemon has closed it."""
        with self._state:
            if self._end is not None or self._reading:
                return self._end is not None
            self._reading = True
        self._read(0.0)
        return self._end is not None

    def send(self, method: str, params: Optional[Mapping[str, Any]], timeout: Optional[float]) -> Pending:
        """Send a call. Raises ``ConnectionLost`` where it may have been sent in part."""
        pending = Pending(self, _wire.next_id(), method)
        line = _wire.encode(method, params, pending.id)
        with self._state:
            self._pending[pending.id] = pending
        try:
            self._write(line, timeout)
        except BaseException:
            with self._state:
                self._pending.pop(pending.id, None)
            raise
        return pending

    def notify(self, method: str, params: Mapping[str, Any], timeout: Optional[float] = 5.0) -> None:
        """Send what is not answered."""
        self._write(_wire.encode(method, params, None), timeout)

    def wait_for(self, pending: Pending, timeout: Optional[float]) -> None:
        """Return when ``pending`` is answered."""
        if not self._wait(lambda: pending.answer is not None, timeout):
            with self._state:
                self._pending.pop(pending.id, None)
            raise CallTimeout(f"{pending.method} was not answered in {timeout} s", hint=_UNKNOWN)

    def next_notification(self, timeout: Optional[float]) -> Optional[Dict[str, Any]]:
        """Give the next message that answers no call; None when none came in ``timeout`` seconds."""
        if not self._wait(lambda: bool(self._notifications), timeout):
            return None
        return self._notifications.popleft()

    def close(self) -> None:
        """End the connection, and all waits on it."""
        self._break(ConnectionLost("the client was closed"))

    def forget(self) -> None:
        """Let go of it in a forked child, so that the parent's connection lives as long as the parent alone."""
        self._state = threading.Condition()
        self._sending = threading.Lock()
        self._reading = False
        self._end = ConnectionLost("the connection belongs to the process that forked")
        self._sock.close()

    def _wait(self, is_done: Callable[[], bool], timeout: Optional[float]) -> bool:
        deadline = None if timeout is None else time.monotonic() + timeout
        while True:
            with self._state:
                while self._reading and self._end is None and not is_done():
                    if not self._state.wait(_left(deadline)):
                        return is_done()
                if is_done():
                    return True
                if self._end is not None:
                    # A new one each time: a traceback belongs to one thread.
                    raise copy.copy(self._end)
                self._reading = True
            self._read(_left(deadline))
            if deadline is not None and time.monotonic() >= deadline:
                return is_done()

    def _read(self, timeout: Optional[float]) -> None:
        """Read once, as the one thread that does."""
        try:
            if _poll(self._sock, select.POLLIN, timeout):
                self._take_in()
        finally:
            with self._state:
                self._reading = False
                self._state.notify_all()
                over = self._end is not None
            if over:
                self._close_socket()

    def _take_in(self) -> None:
        try:
            data = self._sock.recv(1 << 16)
            if not data:
                self._break(ConnectionLost("the daemon closed the connection", hint=_UNKNOWN))
                return
            for line in self._lines.feed(data):
                self._dispatch(_wire.decode(line))
        except (BlockingIOError, InterruptedError):
            return
        except OSError as error:
            self._break(ConnectionLost(f"the connection was lost: {error}", hint=_UNKNOWN))
        except ProtocolViolation as error:
            self._break(error)
        except BaseException:
            # An interrupt here may have lost a part of an answer.
            self._break(ConnectionLost("reading was interrupted", hint=_UNKNOWN))
            raise

    def _dispatch(self, message: Dict[str, Any]) -> None:
        with self._state:
            if "method" in message:
                self._notifications.append(message)
            elif message.get("id") is None and "error" in message:
                self._end = from_answer(message["error"])
            else:
                # What nobody waits for any more is dropped.
                pending = self._pending.pop(message.get("id", 0), None)
                if pending is not None:
                    pending.answer = message

    def _write(self, line: bytes, timeout: Optional[float]) -> None:
        try:
            with self._sending:
                self._write_all(line, None if timeout is None else time.monotonic() + timeout)
        except OSError as error:
            # A daemon that refuses a connection says why before it closes.
            if self.is_over and self._end is not None:
                raise copy.copy(self._end) from error
            raise ConnectionLost(f"the connection was lost: {error}", hint=_UNKNOWN) from error

    def _write_all(self, line: bytes, deadline: Optional[float]) -> None:
        view = memoryview(line)
        if type(self._end) is ConnectionLost:
            raise NotSent(self._end.message, hint=self._end.hint)
        try:
            while view:
                if self._end is not None:
                    raise copy.copy(self._end)
                try:
                    view = view[self._sock.send(view) :]
                except BlockingIOError:
                    if not _poll(self._sock, select.POLLOUT, _left(deadline)):
                        raise CallTimeout("the daemon does not read", hint=_UNKNOWN) from None
        except BaseException:
            if 0 < len(view) < len(line):
                # Half a call cannot be taken back, and what is sent after it would be part of it.
                self._end = self._end or ConnectionLost("a call could be sent in part only", hint=_UNKNOWN)
            raise

    def _break(self, end: MendError) -> None:
        with self._state:
            self._end = self._end or end
            reading = self._reading
            self._state.notify_all()
            # Whoever polls the socket is woken. The daemon may have closed it before.
            with contextlib.suppress(OSError):
                self._sock.shutdown(socket.SHUT_RDWR)
        if not reading:
            self._close_socket()

    def _close_socket(self) -> None:
        with self._sending:
            self._sock.close()


def _left(deadline: Optional[float]) -> Optional[float]:
    return None if deadline is None else max(0.0, deadline - time.monotonic())


def _poll(sock: socket.socket, events: int, timeout: Optional[float]) -> bool:
    poll = select.poll()
    poll.register(sock, events)
    return bool(poll.poll(None if timeout is None else timeout * 1000))


_open: weakref.WeakSet[Connection] = weakref.WeakSet()


def _forget_all() -> None:
    for connection in list(_open):
        connection.forget()


os.register_at_fork(after_in_child=_forget_all)
