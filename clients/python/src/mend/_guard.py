"""Calls behind a breaker that the whole host shares."""

from __future__ import annotations

import asyncio
import logging
import time
from typing import Any, Callable, Dict, Mapping, Optional, Tuple, Type, TypeVar, cast

from . import _families, _settings
from ._async_client import AsyncClient
from ._call import UNSET
from ._client import Client
from ._describe import describe
from ._effects import Run, Steps, wrap
from ._exceptions import AWAY, BreakerOpen, MendError, TaskTimeout
from ._retry import NOTHING, attempt_now, fall_back
from .types import Permit

F = TypeVar("F", bound=Callable[..., Any])
Kinds = Tuple[Type[BaseException], ...]
_log = logging.getLogger("mend")


class _Guard:
    def __init__(
        self, breaker: str, fallback: Any, fallback_on: Kinds, timeout: Optional[float], ignore: Kinds, fails: bool
    ) -> None:
        self.breaker = breaker
        self.fallback = fallback
        self.fallback_on = fallback_on
        self.timeout = timeout
        self.ignore = ignore
        self.fails_when_away = fails

    def steps(self, function: Callable[..., Any], args: Tuple[Any, ...], kwargs: Dict[str, Any]) -> Steps[Any]:
        try:
            permit = yield from self._acquire()
            if permit is None:
                return (yield Run(function, args, kwargs, self.timeout))
            return (yield from self._guarded(permit, Run(function, args, kwargs, self.timeout)))
        except self.fallback_on:
            if self.fallback is NOTHING:
                raise
        return (yield from fall_back(self.fallback, args, kwargs))

    def _falls_back(self, kind: Type[BaseException]) -> bool:
        return self.fallback is not NOTHING and issubclass(kind, self.fallback_on)

    def _acquire(self) -> Steps[Optional[int]]:
        """Get a permit; None where the daemon is away and the call is made without one."""
        asked = _families.acquire(
            self.breaker,
            hold="connection",
            retry=True if attempt_now.get() > 1 else UNSET,
            fallback=True if self._falls_back(BreakerOpen) else UNSET,
        )
        try:
            answer = cast(Permit, (yield asked))
        except AWAY as away:
            if self.fails_when_away:
                raise
            _log.warning("the breaker %s was not asked: %s", self.breaker, away)
            return None
        if answer["granted"]:
            return answer["permit"]
        raise BreakerOpen(
            f"the breaker {self.breaker} is {answer['state']}: {answer['why']}",
            retry_after_ms=answer.get("retry_after_ms"),
            data={"breaker": self.breaker, "state": answer["state"]},
        )

    def _guarded(self, permit: int, task: Run) -> Steps[Any]:
        began = time.monotonic()
        try:
            value = yield task
        except BaseException as error:
            outcome = self._outcome(error)
            report = describe(error, service=_settings.service()) if outcome == "failure" else None
            yield from self._record(permit, outcome, began, report, self._falls_back(type(error)))
            raise
        yield from self._record(permit, "success", began, None, False)
        return value

    def _outcome(self, error: BaseException) -> str:
        if isinstance(error, TaskTimeout):
            return "timeout"
        # Who interrupts the program says nothing about the dependency.
        if isinstance(error, (*self.ignore, asyncio.CancelledError)) or not isinstance(error, Exception):
            return "ignored"
        return "failure"

    def _record(
        self, permit: int, outcome: str, began: float, report: Optional[Mapping[str, Any]], falls_back: bool
    ) -> Steps[None]:
        recorded = _families.record(
            permit,
            outcome,
            duration_ms=int((time.monotonic() - began) * 1000),
            error=report or UNSET,
            fallback=True if falls_back else UNSET,
        )
        try:
            yield recorded
        except MendError as error:
            # The call was made, and its outcome stands: an unrecorded permit is abandoned by itself.
            _log.warning("the outcome %s was not recorded at the breaker %s: %s", outcome, self.breaker, error)


def guard(
    *,
    breaker: str,
    fallback: Any = NOTHING,
    fallback_on: Tuple[Type[BaseException], ...] = (BreakerOpen, TaskTimeout),
    timeout: Optional[float] = None,
    ignore: Tuple[Type[BaseException], ...] = (),
    if_unavailable: str = "proceed",
    client: Optional[Client] = None,
    async_client: Optional[AsyncClient] = None,
) -> Callable[[F], F]:
    """Decorate a function, or a coroutine function, to be called only where the host's ``breaker`` lets it.

    The outcome is recorded: what raises is a failure, unless it is one of the kinds ``ignore`` or the daemon finds that
    it says nothing about the dependency (a validation error). A denied call raises ``BreakerOpen``, or gives
    ``fallback``: the value, or where it is a function what it gives for the same arguments. ``fallback_on`` are the
    exceptions for which the fallback stands in.

    After ``timeout`` seconds ``TaskTimeout`` is raised. A coroutine is cancelled then; a function, which runs in a
    thread of its own for that, is left behind, since Python cannot end it.

    While the daemon is away, calls are made without a breaker; with ``if_unavailable="fail"`` they raise instead.
    """
    if if_unavailable not in ("proceed", "fail"):
        raise ValueError(f'if_unavailable is "proceed" or "fail", not {if_unavailable!r}')
    guarded = _Guard(breaker, fallback, fallback_on, timeout, ignore, if_unavailable == "fail")

    def decorate(decorated: F) -> F:
        made = wrap(
            decorated,
            lambda args, kwargs: guarded.steps(decorated, args, kwargs),
            lambda: client or _settings.client(),
            lambda: async_client or _settings.async_client(),
        )
        return cast(F, made)

    return decorate
