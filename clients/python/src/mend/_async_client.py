"""The asyncio client."""

from __future__ import annotations

import asyncio
from typing import Any, AsyncIterator, Dict, Mapping, Optional, TypeVar, cast

from . import _families, _socket
from ._async_connection import AsyncConnection
from ._call import Call
from ._client import is_safe_again
from ._events import PAUSES, FollowState
from ._exceptions import AWAY, ConnectionLost, Unreachable
from ._queue import AsyncQueue

R = TypeVar("R")


class AsyncLink:
    """The connection of a client and its views: one for the loop that runs, made when it is needed."""

    def __init__(self, path: Optional[str], timeout: Optional[float]) -> None:
        self.path = path
        self.timeout = timeout
        self._connection: Optional[AsyncConnection] = None
        self._opening: Optional[asyncio.Task[AsyncConnection]] = None

    async def connection(self) -> AsyncConnection:
        """Give a connection that lives, as far as can be seen. Raises ``Unreachable``."""
        if self._connection is not None and self._connection.is_usable:
            return self._connection
        opening = self._opening
        if opening is None or opening.done() or opening.get_loop() is not asyncio.get_running_loop():
            opening = asyncio.ensure_future(AsyncConnection.open(_socket.resolve(self.path), self.timeout))
            self._opening = opening
        # Many tasks may wait for it; that one of them is cancelled is no matter of the others.
        self._connection = await asyncio.shield(opening)
        return self._connection

    def close(self) -> None:
        """End it. A later call makes another one."""
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()


class AsyncClient:
    """A client for any number of tasks; in everything else as ``Client``, with methods to be awaited.

    It belongs to no event loop: used from another one, it connects anew.
    """

    def __init__(self, socket: Optional[str] = None, *, timeout: Optional[float] = 30.0) -> None:
        self._link = AsyncLink(socket, timeout)
        self._timeout = timeout
        self._meta: Dict[str, Any] = {}
        self._families()

    def _families(self) -> None:
        self.error = _families.AsyncError(self)
        self.queue = AsyncQueue(self)
        self.breaker = _families.AsyncBreaker(self)
        self.transaction = _families.AsyncTransactions(self)
        self.system = _families.AsyncSystem(self)
        self.events = AsyncEvents(self)

    @property
    def socket(self) -> str:
        """The path of the daemon's socket."""
        return _socket.resolve(self._link.path)

    @property
    def timeout(self) -> Optional[float]:
        """How many seconds a call may take."""
        return self._timeout

    def with_options(self, *, timeout: Optional[float] = -1.0, **meta: Any) -> AsyncClient:
        """Give a view of this client, on the same connection, whose calls have another ``timeout`` or ``_meta``."""
        # Not by copy.copy, which would pickle.
        view = object.__new__(type(self))
        view.__dict__.update(self.__dict__)
        if timeout is None or timeout >= 0:
            view._timeout = timeout
        view._meta = {**self._meta, **meta}
        view._families()
        return view

    async def call(self, method: str, params: Optional[Mapping[str, Any]] = None) -> Dict[str, Any]:
        """Do a call of any method, and give its ``result``. Raises a ``MendError``."""
        return cast(Dict[str, Any], await self.do(Call(method, params or {})))

    async def do(self, call: Call[R]) -> R:
        """Do a call that was made before. Cancelled, its wait ends at the daemon, too."""
        params = call.full_params(self._meta)
        try:
            return await self._once(call, params)
        except ConnectionLost as lost:
            if not is_safe_again(lost, call.method, params):
                raise
            try:
                return await self._once(call, params)
            except Unreachable:
                # That nothing was sent is true of this time only.
                raise lost from None

    async def close(self) -> None:
        """End the connection, and what was tied to it. A later call makes another one."""
        self._link.close()

    async def __aenter__(self) -> AsyncClient:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    def __reduce__(self) -> Any:
        return (_restore, (self._link.path, self._timeout, self._meta))

    async def _once(self, call: Call[R], params: Dict[str, Any]) -> R:
        timeout = None if self._timeout is None else self._timeout + call.wait_ms / 1000
        connection = await self._link.connection()
        return cast(R, await connection.call(call.method, params, timeout, waits=call.wait_ms > 0))


def _restore(path: Optional[str], timeout: Optional[float], meta: Dict[str, Any]) -> AsyncClient:
    return AsyncClient(path, timeout=timeout).with_options(**meta)


class AsyncFollow(FollowState):
    """A subscription: iterate over it with ``async for``. It connects again by itself, and goes on where it was."""

    def __init__(self, client: AsyncClient, after: Optional[int], narrow: Mapping[str, Any]) -> None:
        super().__init__(after, narrow)
        self._client = client
        self._connection: Optional[AsyncConnection] = None

    async def __aiter__(self) -> AsyncIterator[Dict[str, Any]]:
        while True:
            yield await self.next_event()

    async def next_event(self) -> Dict[str, Any]:
        """Give the next event, whenever it comes."""
        pause = PAUSES[0]
        while True:
            try:
                if self._connection is None:
                    await self._subscribe()
                    continue
                event = self.take(await self._connection.next_notification())
                if event is not None:
                    return event
            except AWAY:
                if not self.snapshot:
                    raise
                self._connection = None
                await asyncio.sleep(pause)
                pause = min(pause * 2, PAUSES[1])

    async def close(self) -> None:
        """End the subscription."""
        if self._connection is not None:
            self._connection.close()

    async def __aenter__(self) -> AsyncFollow:
        await self._subscribe()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def _subscribe(self) -> None:
        connection = await AsyncConnection.open(self._client.socket, self._client.timeout)
        try:
            self.begin(await connection.call("events.follow", self.params, self._client.timeout))
        except BaseException:
            connection.close()
            raise
        self._connection = connection


class AsyncEvents:
    """The methods ``events.*``."""

    def __init__(self, client: AsyncClient) -> None:
        self._client = client

    def follow(self, *, after: Optional[int] = None, **narrow: Any) -> AsyncFollow:
        """Follow the journal on a connection of its own: ``async with ... as events: async for event in events``."""
        return AsyncFollow(self._client, after, narrow)

    async def list(self, **params: Any) -> Dict[str, Any]:
        """Read a page of the journal."""
        return await self._client.call("events.list", params)
