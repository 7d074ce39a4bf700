"""Blocks whose errors are reported, and that run again where the daemon says so."""

from __future__ import annotations

import asyncio
import time
from types import TracebackType
from typing import Any, AsyncIterator, Dict, Iterator, List, Mapping, Optional

from . import _settings
from ._describe import look
from ._effects import Steps, run, run_async
from ._report import is_reported
from ._retry import NOTHING, Kinds, Plan, attempt_now, fall_back, pause_of
from .types import Policy, Verdict


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
        attempt_now.set(self._before)
        return run(self._leave(error), _settings.client())

    async def __aenter__(self) -> Attempt:
        self._begin()
        return self

    async def __aexit__(self, _: Any, error: Optional[BaseException], __: Optional[TracebackType]) -> bool:
        attempt_now.set(self._before)
        return await run_async(self._leave(error), _settings.async_client())

    def _begin(self) -> None:
        self._began = time.monotonic()
        # Not by a token, which a block that is left in another context could not give back.
        self._before = attempt_now.get()
        attempt_now.set(self.number)

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
