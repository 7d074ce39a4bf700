"""Retries that the daemon decides: report, and obey the verdict."""

from __future__ import annotations

import asyncio
import time
from contextvars import ContextVar
from types import TracebackType
from typing import (
    Any,
    AsyncIterator,
    Callable,
    Dict,
    Iterator,
    List,
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
from ._effects import Run, Sleep, Steps, run, run_async, wrap
from ._report import is_reported, note, reporting
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
            token = attempt_now.set(attempt)
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
                attempt_now.reset(token)
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


class Attempt:
    """One run of a block: ``decision`` tells how it ended.

    That is ``done``, ``retry`` (the block runs again), ``fallback`` (``value`` has the result) or ``raise``. What is
    put into ``context`` is part of the report.
    """

    def __init__(self, plan: Plan, number: int, *, repeats: bool) -> None:
        self._plan = plan
        self._repeats = repeats
        self.number = number
        self.context: Dict[str, Any] = {}
        self.decision = "done"
        self.verdict: Optional[Verdict] = None
        self.error: Optional[BaseException] = None
        self.value: Any = None
        self.pause = 0.0

    def __enter__(self) -> Attempt:
        self._begin()
        return self

    def __exit__(self, _: Any, error: Optional[BaseException], __: Optional[TracebackType]) -> bool:
        attempt_now.reset(self._token)
        return run(self._leave(error), _settings.client())

    async def __aenter__(self) -> Attempt:
        self._begin()
        return self

    async def __aexit__(self, _: Any, error: Optional[BaseException], __: Optional[TracebackType]) -> bool:
        attempt_now.reset(self._token)
        return await run_async(self._leave(error), _settings.async_client())

    def _begin(self) -> None:
        self._began = time.monotonic()
        self._token = attempt_now.set(self.number)

    def _leave(self, error: Optional[BaseException]) -> Steps[bool]:
        if error is None or not isinstance(error, self._plan.on):
            return False
        self.error = error
        if not self._repeats and is_reported(error):
            self.verdict = look(error, "mend_verdict")
        else:
            self.verdict = yield from self._plan.verdict(error, self.number, self._began, self.context)
        pause = pause_of(self.verdict, error)
        if self._repeats and pause is not None:
            self.decision, self.pause = "retry", pause
        elif self._plan.fallback is not NOTHING:
            self.decision = "fallback"
            self.value = yield from fall_back(self._plan.fallback, (error,), {})
        else:
            self.decision = "raise"
        return self.decision != "raise"


class errors:  # noqa: N801 - it reads as a function
    """Report the exceptions of a block, with stack, causes and context, and do what the verdict says.

    ``with mend.errors(task="nightly", operation="close the day") as ctx:`` runs the block once: an exception is
    reported and raised again; with a ``fallback`` it ends here, and ``ctx.value`` is the fallback, called with the
    exception where it is a function. An exception that was reported further inside is not reported twice.

    ``for ctx in mend.errors(policy="network"):`` with ``with ctx:`` around the block runs it again as long as the
    verdict says so. In coroutines it is ``async with`` and ``async for``.

    ``on`` are the kinds of exceptions; ``members`` further members of the report.
    """

    def __init__(
        self,
        *,
        task: Optional[str] = None,
        operation: Optional[str] = None,
        service: Optional[str] = None,
        policy: Optional[Policy] = None,
        context: Optional[Mapping[str, Any]] = None,
        fallback: Any = NOTHING,
        on: Kinds = Exception,
        **members: Any,
    ) -> None:
        named = {"task": task, "action": operation, "service": service, "policy": policy, "context": context}
        self._plan = Plan(on, fallback, {**named, **members})
        self._entered: List[Attempt] = []

    def __enter__(self) -> Attempt:
        self._entered.append(Attempt(self._plan, 1, repeats=False))
        return self._entered[-1].__enter__()

    def __exit__(self, kind: Any, error: Optional[BaseException], trace: Optional[TracebackType]) -> bool:
        return self._entered.pop().__exit__(kind, error, trace)

    async def __aenter__(self) -> Attempt:
        self._entered.append(Attempt(self._plan, 1, repeats=False))
        return await self._entered[-1].__aenter__()

    async def __aexit__(self, kind: Any, error: Optional[BaseException], trace: Optional[TracebackType]) -> bool:
        return await self._entered.pop().__aexit__(kind, error, trace)

    def __iter__(self) -> Iterator[Attempt]:
        attempt = Attempt(self._plan, 1, repeats=True)
        yield attempt
        while attempt.decision == "retry":
            time.sleep(attempt.pause)
            attempt = Attempt(self._plan, attempt.number + 1, repeats=True)
            yield attempt

    async def __aiter__(self) -> AsyncIterator[Attempt]:
        attempt = Attempt(self._plan, 1, repeats=True)
        yield attempt
        while attempt.decision == "retry":
            await asyncio.sleep(attempt.pause)
            attempt = Attempt(self._plan, attempt.number + 1, repeats=True)
            yield attempt
