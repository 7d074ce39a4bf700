"""Retries that the daemon decides: report, and obey the verdict."""

from __future__ import annotations

import time
from contextvars import ContextVar
from typing import (
    Any,
    Callable,
    Dict,
    Mapping,
    Optional,
    Tuple,
    Type,
    TypeVar,
    Union,
    cast,
    overload,
)

from . import _settings
from ._async_client import AsyncClient
from ._client import Client
from ._describe import describe, look, mapping
from ._effects import Run, Sleep, Steps, wrap
from ._report import note, reporting
from .types import Policy, Verdict

F = TypeVar("F", bound=Callable[..., Any])
Kinds = Union[Type[BaseException], Tuple[Type[BaseException], ...]]

#: Which attempt runs now: a breaker that is asked in a later one counts it as a retry.
attempt_now: ContextVar[int] = ContextVar("mend_attempt", default=1)
#: What stands for "there is no fallback": ``None`` is a value like others.
NOTHING: Any = object()


class Plan:
    """What ``retry``, ``wrap_task`` and ``errors`` have in common."""

    def __init__(self, on: Kinds, fallback: Any, members: Mapping[str, Any]) -> None:
        self.on = on
        self.fallback = fallback
        self.members = {name: value for name, value in members.items() if value is not None}

    def verdict(self, error: BaseException, attempt: int, began: float, context: Mapping[str, Any]) -> Steps[Any]:
        """Report an exception of one attempt; None where the daemon is away."""
        members = dict(self.members)
        members["context"] = {**mapping(members.get("context")), **context}
        members["attempt"] = attempt
        members["duration_ms"] = int((time.monotonic() - began) * 1000)
        verdict = yield from reporting(describe(error, **members))
        note(error, verdict)
        return verdict

    def steps(self, function: Callable[..., Any], args: Tuple[Any, ...], kwargs: Dict[str, Any]) -> Steps[Any]:
        """Run a function until it succeeds, or the verdict says that trying again does not help."""
        attempt = 0
        while True:
            attempt += 1
            began = time.monotonic()
            before = attempt_now.get()
            attempt_now.set(attempt)
            try:
                return (yield Run(function, args, kwargs))
            except self.on as error:
                verdict = yield from self.verdict(error, attempt, began, {})
                pause = pause_of(verdict, error)
                if pause is None:
                    if self.fallback is NOTHING:
                        raise
                    return (yield from fall_back(self.fallback, args, kwargs))
            finally:
                attempt_now.set(before)
            yield Sleep(pause)


def pause_of(verdict: Optional[Verdict], error: BaseException) -> Optional[float]:
    """Tell after how many seconds to try again; None where that is not to be done.

    A breaker that denied the call knows when it lets one through: earlier makes no sense.
    """
    if verdict is None or not verdict["retry"]["allowed"]:
        return None
    least = look(error, "retry_after_ms")
    return max(verdict["retry"].get("after_ms", 0), least if isinstance(least, int) else 0) / 1000


def fall_back(fallback: Any, args: Tuple[Any, ...], kwargs: Mapping[str, Any]) -> Steps[Any]:
    """Give what a fallback gives: a function is called, anything else is the value itself."""
    return (yield Run(fallback, args, kwargs)) if callable(fallback) else fallback


@overload
def retry(function: F) -> F: ...


@overload
def retry(
    *,
    policy: Optional[Policy] = None,
    service: Optional[str] = None,
    on: Kinds = Exception,
    fallback: Any = NOTHING,
    client: Optional[Client] = None,
    async_client: Optional[AsyncClient] = None,
    **members: Any,
) -> Callable[[F], F]: ...


def retry(
    function: Optional[Callable[..., Any]] = None,
    *,
    policy: Optional[Policy] = None,
    service: Optional[str] = None,
    on: Kinds = Exception,
    fallback: Any = NOTHING,
    client: Optional[Client] = None,
    async_client: Optional[AsyncClient] = None,
    **members: Any,
) -> Any:
    """Decorate a function, or a coroutine function, to be tried again as the daemon says.

    Each exception of the kinds ``on`` is reported, with the number of the attempt; the verdict says whether to try
    again, and when. ``policy`` is a policy's name or the policy itself; ``members`` are further members of the reports
    (``task``, ``context``, ``category``, ...). When there is no further attempt, or the daemon is away, the exception
    is raised as it was, with the verdict as its ``mend_verdict``; or ``fallback`` is the result, called with the
    arguments of the call where it is a function.
    """
    plan = Plan(on, fallback, {"policy": policy, "service": service, **members})

    def decorate(decorated: F) -> F:
        made = wrap(
            decorated,
            lambda args, kwargs: plan.steps(decorated, args, kwargs),
            lambda: client or _settings.client(),
            lambda: async_client or _settings.async_client(),
        )
        return cast(F, made)

    return decorate if function is None else decorate(function)


def wrap_task(
    function: F,
    *,
    task: Optional[str] = None,
    operation: Optional[str] = None,
    service: Optional[str] = None,
    policy: Optional[Policy] = None,
    fallback: Any = NOTHING,
    **options: Any,
) -> F:
    """Give ``function`` with its errors handled: reported, tried again by the verdict, and then ``fallback``.

    ``operation`` says in words what it does (its name by default). Other options are those of ``retry``.
    """
    name = operation or getattr(function, "__qualname__", None)
    options = {"task": task, "action": name, "service": service, "policy": policy, "fallback": fallback, **options}
    return cast(F, retry(**options)(function))
