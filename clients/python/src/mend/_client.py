"""The blocking client."""

from __future__ import annotations

import os
import threading
import time
import weakref
from typing import Any, Dict, Mapping, Optional, TypeVar, cast

from . import _families, _socket
from ._call import Call
from ._connection import Connection, Pending
from ._events import Events
from ._exceptions import ConnectionLost, NotSent, Unreachable
from ._queue import Queue

R = TypeVar("R")

#: What may be sent again when its answer was lost: done twice it is as done once.
SAFE_AGAIN = frozenset(
    {"queue.complete", "queue.fail", "queue.extend", "system.hello", "system.ping", "system.health", "system.status"}
)


def is_safe_again(lost: ConnectionLost, method: str, params: Mapping[str, Any]) -> bool:
    """Whether a call whose answer was lost may be sent again."""
    return isinstance(lost, NotSent) or method in SAFE_AGAIN or "idempotency_key" in params.get("_meta", {})


class Link:
    """The connection of a client and its views, made when it is needed."""

    def __init__(self, path: Optional[str], timeout: Optional[float]) -> None:
        self.path = path
        self.timeout = timeout
        self._lock = threading.Lock()
        self._connection: Optional[Connection] = None
        _links.add(self)

    def connection(self) -> Connection:
        """Give a connection that lives, as far as can be seen. Raises ``Unreachable``."""
        with self._lock:
            if self._connection is None or self._connection.is_over:
                self._connection = Connection(_socket.connect(_socket.resolve(self.path), self.timeout))
            return self._connection

    def close(self) -> None:
        """End it. A later call makes another one."""
        with self._lock:
            connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()

    def forget(self) -> None:
        """Begin anew in a forked child."""
        self._lock = threading.Lock()
        self._connection = None


class Client:
    """A client for any number of threads: they share one connection, and none waits for another's answer.

    It connects at the first call, and again when the connection was lost. A call whose answer was lost raises
    ``ConnectionLost``, unless it may safely be done twice: with an idempotency key it is sent again. After a fork the
    child has a connection of its own.

    ``socket`` is where the daemon listens (else ``MEND_SOCKET``, else as ``mend`` finds it), ``timeout`` how many
    seconds a call may take beyond what the daemon itself is asked to wait; ``None`` sets no limit.
    """

    def __init__(self, socket: Optional[str] = None, *, timeout: Optional[float] = 30.0) -> None:
        self._link = Link(socket, timeout)
        self._timeout = timeout
        self._meta: Dict[str, Any] = {}
        self._families()

    def _families(self) -> None:
        self.error = _families.Error(self)
        self.queue = Queue(self)
        self.breaker = _families.Breaker(self)
        self.transaction = _families.Transactions(self)
        self.system = _families.System(self)
        self.events = Events(self)

    @property
    def socket(self) -> str:
        """The path of the daemon's socket."""
        return _socket.resolve(self._link.path)

    @property
    def timeout(self) -> Optional[float]:
        """How many seconds a call may take."""
        return self._timeout

    def with_options(self, *, timeout: Optional[float] = -1.0, **meta: Any) -> Client:
        """Give a view of this client, on the same connection, whose calls have another ``timeout`` or ``_meta``.

        Members of ``_meta``: ``idempotency_key``, ``correlation``, ``traceparent``, ``deadline_ms``, ``dry_run``.
        """
        # Not by copy.copy, which would pickle.
        view = object.__new__(type(self))
        view.__dict__.update(self.__dict__)
        if timeout is None or timeout >= 0:
            view._timeout = timeout
        view._meta = {**self._meta, **meta}
        view._families()
        return view

    def call(self, method: str, params: Optional[Mapping[str, Any]] = None) -> Dict[str, Any]:
        """Do a call of any method, and give its ``result``. Raises a ``MendError``."""
        return cast(Dict[str, Any], self.do(Call(method, params or {})))

    def do(self, call: Call[R]) -> R:
        """Do a call that was made before."""
        try:
            return self._once(call)
        except ConnectionLost as lost:
            if not is_safe_again(lost, call.method, call.full_params(self._meta)):
                raise
            try:
                return self._once(call)
            except Unreachable:
                # That nothing was sent is true of this time only.
                raise lost from None

    def start(self, call: Call[Any]) -> Pending:
        """Send a call and return at once; ``result()`` of what is returned waits for the answer, ``cancel()`` ends it.

        Sending many before the first result is asked for is the fast way.
        """
        return self._link.connection().send(call.method, call.full_params(self._meta), self._timeout)

    def close(self) -> None:
        """End the connection, and what was tied to it. A later call makes another one."""
        self._link.close()

    def __enter__(self) -> Client:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __reduce__(self) -> Any:
        return (_restore, (self._link.path, self._timeout, self._meta))

    def _once(self, call: Call[R]) -> R:
        started = time.monotonic()
        pending = self.start(call)
        if self._timeout is None:
            return cast(R, pending.result(None))
        left = self._timeout - (time.monotonic() - started)
        return cast(R, pending.result(max(left, 0.0) + call.wait_ms / 1000))


def _restore(path: Optional[str], timeout: Optional[float], meta: Dict[str, Any]) -> Client:
    return Client(path, timeout=timeout).with_options(**meta)


_links: weakref.WeakSet[Link] = weakref.WeakSet()


def _forget_all() -> None:
    for link in list(_links):
        link.forget()


os.register_at_fork(after_in_child=_forget_all)
