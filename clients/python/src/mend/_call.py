"""A call of the protocol as a value, which both kinds of client can do."""

from __future__ import annotations

import contextlib
import functools
import re
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import (
    TYPE_CHECKING,
    Any,
    Awaitable,
    Callable,
    Dict,
    Generic,
    Iterator,
    Mapping,
    Optional,
    Protocol,
    TypeVar,
)

if TYPE_CHECKING:
    from typing_extensions import Concatenate, ParamSpec

    P = ParamSpec("P")

R = TypeVar("R")

#: What is not said: the daemon's default holds. Where the protocol knows ``null``, ``None`` is sent as that.
UNSET: Any = type("Unset", (), {"__repr__": lambda _: "UNSET", "__bool__": lambda _: False})()

_NAME = re.compile(r"[A-Za-z0-9._:/@+-]{1,128}")
_correlation: ContextVar[Optional[str]] = ContextVar("mend_correlation", default=None)
_traceparent: ContextVar[Optional[str]] = ContextVar("mend_traceparent", default=None)


@contextlib.contextmanager
def correlation(name: Optional[str], traceparent: Optional[str] = None) -> Iterator[None]:
    """Give all calls of this block, in this thread or task, a task, flow or run id, and a W3C ``traceparent``.

    ``system.timeline`` joins on it. Workers do it by themselves with what the operation carries.
    """
    if name is not None and not _NAME.fullmatch(name):
        raise ValueError(f"a correlation is 1 to 128 characters out of A-Z a-z 0-9 . _ - : / @ +, not {name!r}")
    before, parent = _correlation.get(), _traceparent.get()
    _correlation.set(name)
    _traceparent.set(traceparent)
    try:
        yield
    finally:
        # Not by tokens, which a block that is left in another context could not give back.
        _correlation.set(before)
        _traceparent.set(parent)


@dataclass(frozen=True)
class Call(Generic[R]):
    """A method of the protocol and its parameters, whose answer is an ``R``."""

    method: str
    params: Mapping[str, Any] = field(default_factory=dict)
    meta: Mapping[str, Any] = field(default_factory=dict)

    def with_meta(self, **meta: Any) -> Call[R]:
        """Add members of ``_meta``, such as ``idempotency_key``."""
        said = {name: value for name, value in meta.items() if value is not None}
        return Call(self.method, self.params, {**self.meta, **said})

    def full_params(self, defaults: Mapping[str, Any]) -> Dict[str, Any]:
        """Give what is sent, with ``_meta`` where it has members."""
        around = {"correlation": _correlation.get(), "traceparent": _traceparent.get()}
        meta = {**around, **defaults, **self.meta, **self.params.get("_meta", {})}
        meta = {name: value for name, value in meta.items() if value is not None}
        return {**self.params, "_meta": meta} if meta else dict(self.params)

    @property
    def wait_ms(self) -> int:
        """How long the daemon itself may take to answer, since it was asked to wait."""
        default = 60_000 if self.method in ("queue.wait", "transaction.wait") else 0
        return int(self.params.get("wait_ms", default))


def call(method: str, **params: Any) -> Call[Any]:
    """Make a call without the parameters that are ``UNSET``."""
    return Call(method, {name: value for name, value in params.items() if value is not UNSET})


class Does(Protocol):
    """What a family of methods needs of its client."""

    def do(self, call: Call[R]) -> R:
        """Do a call and give its result."""


class DoesAsync(Protocol):
    """The same for coroutines."""

    async def do(self, call: Call[R]) -> R:
        """Do a call and give its result."""


class Family:
    """The methods of one family, by a blocking client."""

    def __init__(self, client: Does) -> None:
        self._client = client


class AsyncFamily:
    """The methods of one family, by an asyncio client."""

    def __init__(self, client: DoesAsync) -> None:
        self._client = client


def sync(build: Callable[P, Call[R]]) -> Callable[Concatenate[Family, P], R]:
    """Turn a function that makes a call into a method that does it."""

    @functools.wraps(build)
    def method(self: Family, /, *args: P.args, **kwargs: P.kwargs) -> R:
        return self._client.do(build(*args, **kwargs))

    return method


def asynchronous(build: Callable[P, Call[R]]) -> Callable[Concatenate[AsyncFamily, P], Awaitable[R]]:
    """Turn a function that makes a call into a coroutine method that does it."""

    @functools.wraps(build)
    async def method(self: AsyncFamily, /, *args: P.args, **kwargs: P.kwargs) -> R:
        return await self._client.do(build(*args, **kwargs))

    return method
