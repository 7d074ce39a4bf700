"""Steps that are undone, last first, unless all of them succeed."""

from __future__ import annotations

import logging
import os
import uuid
from types import TracebackType
from typing import Any, Dict, Generator, List, Mapping, Optional, TypeVar, cast

from . import _families, _settings
from ._async_client import AsyncClient
from ._call import UNSET, Call
from ._client import Client
from ._effects import Steps, run, run_async
from ._exceptions import MendError
from ._queue import enqueue
from .types import Begun, Ended, Enqueued, Hold, State, Stepped, TransactionState, Undo

R = TypeVar("R")
_log = logging.getLogger("mend")


def _keyed(call: Call[R]) -> Call[R]:
    """Make a call safe to be sent again when its answer is lost."""
    return call.with_meta(idempotency_key=uuid.uuid4().hex)


class _Saga:
    """What both kinds of transaction do, as effects."""

    def __init__(self, name: str, timeout: Optional[float], on_deadline: str, hold: Hold) -> None:
        self.name = name
        #: The daemon's number of it; 0 before it has begun.
        self.id = 0
        #: What the daemon warned of, such as undos that nobody takes.
        self.warnings: List[str] = []
        self._timeout_ms = UNSET if timeout is None else int(timeout * 1000)
        self._on_deadline = on_deadline
        self._hold = hold
        self._unconfirmed: Optional[int] = None
        self._owner = 0

    def _begin(self) -> Steps[None]:
        begin = _families.begin(self.name, timeout_ms=self._timeout_ms, on_deadline=self._on_deadline, hold=self._hold)
        answer = cast(Begun, (yield begin))
        self.id = answer["transaction"]
        self._owner = os.getpid()
        self._warn(answer)

    def _step(self, name: str, undo: Optional[Undo]) -> Steps[int]:
        yield from self._confirm_last()
        step = _keyed(_families.step(self.id, name, undo=UNSET if undo is None else _undo(undo)))
        answer = cast(Stepped, (yield step))
        self._warn(answer)
        self._unconfirmed = answer["step"]
        return answer["step"]

    def _confirm(self, step: int) -> Steps[None]:
        if self._unconfirmed == step:
            self._unconfirmed = None
        cast(State, (yield _keyed(_families.confirm(self.id, step))))

    def _confirm_last(self) -> Steps[None]:
        """Confirm the step that ran until now: it has, since an exception would have left the block."""
        if self._unconfirmed is not None:
            yield from self._confirm(self._unconfirmed)

    def _roll_back(self, reason: Optional[str], to_step: Optional[int], wait: float) -> Steps[TransactionState]:
        self._unconfirmed = None
        call = _families.rollback(
            self.id,
            reason=UNSET if reason is None else reason[:1000],
            to_step=UNSET if to_step is None else to_step,
            wait_ms=int(wait * 1000) if wait else UNSET,
        )
        # A wait takes no key.
        return cast(TransactionState, (yield call if wait else _keyed(call)))

    def _leave(self, error: Optional[BaseException]) -> Steps[None]:
        if os.getpid() != self._owner:
            # A forked child leaves the block, too; how it ends is its parent's matter.
            return
        if error is None:
            cast(Ended, (yield _keyed(_families.commit(self.id))))
            return
        try:
            yield from self._roll_back(f"{type(error).__name__}: {error}", None, 0.0)
        except MendError as failed:
            # The exception of the block is the one to be raised. The daemon rolls back by itself: when the connection
            # ends, or at the deadline.
            _log.warning("the rollback of transaction %s is left to the daemon: %s", self.id, failed)

    def _warn(self, answer: Mapping[str, Any]) -> None:
        for warning in answer.get("warnings", []):
            if warning in self.warnings:
                continue
            self.warnings.append(warning)
            _log.warning("transaction %s: %s", self.name, warning)


def _undo(undo: Undo) -> Dict[str, Any]:
    if isinstance(undo, Mapping):
        return dict(undo)
    queue, payload = undo
    return {"queue": queue, "payload": payload}


class Step:
    """A step that is written down. As a ``with`` block it is confirmed at the end of the block."""

    def __init__(self, transaction: Transaction, number: int) -> None:
        self._transaction = transaction
        self.number = number

    def confirm(self) -> None:
        """Say that it is done."""
        self._transaction._do(self._transaction._confirm(self.number))

    def __enter__(self) -> Step:
        return self

    def __exit__(self, kind: Any, error: Optional[BaseException], trace: Optional[TracebackType]) -> None:
        # Whether a step that raised was done is not known: it stays unconfirmed, and is undone.
        if error is None:
            self.confirm()


class Transaction(_Saga):
    """A transaction of the daemon's; ``mend.transaction`` makes one."""

    _client: Client

    def step(self, name: str, *, undo: Optional[Undo] = None) -> Step:
        """Write a step down with its undo, which is on disk when this returns: now do the step.

        ``undo`` is ``(queue, payload)``, or a mapping with ``policy`` and ``on_exhausted`` besides. The step is
        confirmed by the next ``step``, by the commit, or at the end of its own ``with`` block. Raises ``Conflict`` once
        a rollback has begun.
        """
        return Step(self, self._do(self._step(name, undo)))

    def enqueue(self, queue: str, payload: Any, **options: Any) -> Enqueued:
        """Put an operation on a queue that nobody gets before the commit, and that a rollback drops."""
        return self._client.do(_keyed(enqueue(queue, payload, transaction=self.id, **options)))

    def rollback_to(self, step: Step, *, wait: float = 60.0) -> TransactionState:
        """Undo what came after ``step``, wait ``wait`` seconds for that, and go on."""
        return self._do(self._roll_back(None, step.number, wait))

    def __enter__(self) -> Transaction:
        self._do(self._begin())
        return self

    def __exit__(self, kind: Any, error: Optional[BaseException], trace: Optional[TracebackType]) -> None:
        self._do(self._leave(error))

    def _do(self, steps: Steps[R]) -> R:
        return run(steps, self._client)


class AsyncStep:
    """A step to be written down: ``await`` it, or use it as an ``async with`` block."""

    def __init__(self, transaction: AsyncTransaction, name: str, undo: Optional[Undo]) -> None:
        self._transaction = transaction
        self._name = name
        self._undo = undo
        self.number = 0

    def __await__(self) -> Generator[Any, None, AsyncStep]:
        return self._write_down().__await__()

    async def confirm(self) -> None:
        """Say that it is done."""
        await self._transaction._do(self._transaction._confirm(self.number))

    async def __aenter__(self) -> AsyncStep:
        return await self._write_down()

    async def __aexit__(self, kind: Any, error: Optional[BaseException], trace: Optional[TracebackType]) -> None:
        if error is None:
            await self.confirm()

    async def _write_down(self) -> AsyncStep:
        self.number = await self._transaction._do(self._transaction._step(self._name, self._undo))
        return self


class AsyncTransaction(_Saga):
    """The same for coroutines; ``mend.async_transaction`` makes one."""

    _client: Optional[AsyncClient]

    def step(self, name: str, *, undo: Optional[Undo] = None) -> AsyncStep:
        """Write a step down with its undo, when it is awaited or entered. In all else as ``Transaction.step``."""
        return AsyncStep(self, name, undo)

    async def enqueue(self, queue: str, payload: Any, **options: Any) -> Enqueued:
        """Put an operation on a queue that nobody gets before the commit, and that a rollback drops."""
        client = self._client or _settings.async_client()
        return await client.do(_keyed(enqueue(queue, payload, transaction=self.id, **options)))

    async def rollback_to(self, step: AsyncStep, *, wait: float = 60.0) -> TransactionState:
        """Undo what came after ``step``, wait ``wait`` seconds for that, and go on."""
        return await self._do(self._roll_back(None, step.number, wait))

    async def __aenter__(self) -> AsyncTransaction:
        await self._do(self._begin())
        return self

    async def __aexit__(self, kind: Any, error: Optional[BaseException], trace: Optional[TracebackType]) -> None:
        await self._do(self._leave(error))

    async def _do(self, steps: Steps[R]) -> R:
        return await run_async(steps, self._client or _settings.async_client())


def transaction(
    name: str,
    *,
    timeout: Optional[float] = None,
    on_deadline: str = "rollback",
    hold: Hold = "connection",
    client: Optional[Client] = None,
) -> Transaction:
    """Begin a transaction as a ``with`` block: left by an exception it is rolled back, otherwise committed.

    Each ``txn.step(what, undo=(queue, payload))`` writes an undo down before the step is done. Not ended ``timeout``
    seconds after its begin (the daemon has a default), or when this process dies, the daemon rolls it back.
    """
    made = Transaction(name, timeout, on_deadline, hold)
    made._client = client or _settings.client()
    return made


def async_transaction(
    name: str,
    *,
    timeout: Optional[float] = None,
    on_deadline: str = "rollback",
    hold: Hold = "connection",
    client: Optional[AsyncClient] = None,
) -> AsyncTransaction:
    """Begin a transaction as an ``async with`` block; in all else as ``transaction``."""
    made = AsyncTransaction(name, timeout, on_deadline, hold)
    made._client = client
    return made
