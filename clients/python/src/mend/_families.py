"""The families ``error.``, ``breaker.``, ``transaction.`` and ``system.``."""

from __future__ import annotations

from typing import Any, Mapping

from . import types as t
from ._call import UNSET, AsyncFamily, Call, Family, asynchronous, call, sync


def report(message: str, **members: Any) -> Call[t.Verdict]:
    """Tell what went wrong; the verdict says what to do about it.

    ``members`` are those of the protocol (``service``, ``type``, ``errno``, ``attempt``, ``policy``, ``context``, ...);
    those that it does not know are kept and named in ``ignored``.
    """
    return call("error.report", message=message, **members)


def classify(error: Mapping[str, Any]) -> Call[t.Classified]:
    """Say what the verdict would be; nothing is stored."""
    return call("error.classify", error=error)


def acquire(breaker: str, *, hold: t.Hold = UNSET, retry: bool = UNSET, fallback: bool = UNSET) -> Call[t.Permit]:
    """Ask whether a call may be made now. A denied permit is an answer, no error.

    ``retry`` says that the call is one, ``fallback`` that something else is done where it is denied.
    """
    return call("breaker.acquire", breaker=breaker, hold=hold, retry=retry, fallback=fallback)


def record(
    permit: int,
    outcome: str,
    *,
    duration_ms: int = UNSET,
    error: Mapping[str, Any] = UNSET,
    fallback: bool = UNSET,
) -> Call[t.Recorded]:
    """Return a permit with the ``outcome``: ``success``, ``failure``, ``timeout`` or ``ignored``."""
    return call(
        "breaker.record", permit=permit, outcome=outcome, duration_ms=duration_ms, error=error, fallback=fallback
    )


def breaker_get(breaker: str) -> Call[t.Answer]:
    """Show a breaker with its counts and settings. Raises ``NotFound``."""
    return call("breaker.get", breaker=breaker)


def breaker_configure(breaker: str, **settings: Any) -> Call[t.Answer]:
    """Change settings of a breaker; ``None`` takes one back to its default. For operators."""
    return call("breaker.configure", breaker=breaker, **settings)


def begin(
    name: str,
    *,
    timeout_ms: int = UNSET,
    on_deadline: str = UNSET,
    hold: t.Hold = UNSET,
    step_grace_ms: int = UNSET,
) -> Call[t.Begun]:
    """Begin a transaction; not committed by its deadline, it is rolled back (or parked, with ``on_deadline``)."""
    return call(
        "transaction.begin",
        name=name,
        timeout_ms=timeout_ms,
        on_deadline=on_deadline,
        hold=hold,
        step_grace_ms=step_grace_ms,
    )


def step(transaction: int, name: str, *, undo: Mapping[str, Any] = UNSET) -> Call[t.Stepped]:
    """Write a step down with its undo, before it is done. Raises ``Conflict`` once a rollback has begun."""
    return call("transaction.step", transaction=transaction, name=name, undo=undo)


def confirm(transaction: int, step: int) -> Call[t.State]:
    """Say that a step is done."""
    return call("transaction.confirm", transaction=transaction, step=step)


def commit(transaction: int) -> Call[t.Ended]:
    """Keep all that was done. Raises ``Conflict`` once a rollback has begun."""
    return call("transaction.commit", transaction=transaction)


def rollback(
    transaction: int, *, reason: str = UNSET, to_step: int = UNSET, wait_ms: int = UNSET
) -> Call[t.TransactionState]:
    """Undo the steps, the last one first; with ``to_step`` only those after it. ``wait_ms`` waits for the end."""
    return call("transaction.rollback", transaction=transaction, reason=reason, to_step=to_step, wait_ms=wait_ms)


def transaction_wait(transaction: int, *, until: str = UNSET, wait_ms: int = UNSET) -> Call[t.TransactionState]:
    """Wait until it has ended or is parked, for 60 s or ``wait_ms``; else say how it is then."""
    return call("transaction.wait", transaction=transaction, until=until, wait_ms=wait_ms)


def transaction_get(transaction: int) -> Call[t.Answer]:
    """Show a transaction and its steps. Raises ``NotFound``."""
    return call("transaction.get", transaction=transaction)


def hello() -> Call[t.Hello]:
    """Ask who the daemon is, what it allows, and which role the caller has."""
    return call("system.hello")


def ping() -> Call[t.Answer]:
    """Ask for the daemon's time: ``now_at``."""
    return call("system.ping")


def health() -> Call[t.Health]:
    """Ask whether the daemon can do its work."""
    return call("system.health")


def status() -> Call[t.Answer]:
    """Ask for totals."""
    return call("system.status")


def explain(id: str) -> Call[t.Answer]:  # noqa: A002 - the protocol's own name
    """Ask why something is where it is: ``op:1207``, ``queue:emails``, ``breaker:billing``, ``txn:3``, ``error:5``."""
    return call("system.explain", id=id)


def timeline(
    *, correlation: str = UNSET, since_at: int = UNSET, until_at: int = UNSET, limit: int = UNSET, after: Any = UNSET
) -> Call[t.Answer]:
    """Ask what happened, in the order of time."""
    return call(
        "system.timeline", correlation=correlation, since_at=since_at, until_at=until_at, limit=limit, after=after
    )


class Error(Family):
    """The methods ``error.*``; others by ``client.call``."""

    report = sync(report)
    classify = sync(classify)


class AsyncError(AsyncFamily):
    """The same, awaitable."""

    report = asynchronous(report)
    classify = asynchronous(classify)


class Breaker(Family):
    """The methods ``breaker.*``; others by ``client.call``."""

    acquire = sync(acquire)
    record = sync(record)
    get = sync(breaker_get)
    configure = sync(breaker_configure)


class AsyncBreaker(AsyncFamily):
    """The same, awaitable."""

    acquire = asynchronous(acquire)
    record = asynchronous(record)
    get = asynchronous(breaker_get)
    configure = asynchronous(breaker_configure)


class Transactions(Family):
    """The methods ``transaction.*``; others by ``client.call``."""

    begin = sync(begin)
    step = sync(step)
    confirm = sync(confirm)
    commit = sync(commit)
    rollback = sync(rollback)
    wait = sync(transaction_wait)
    get = sync(transaction_get)


class AsyncTransactions(AsyncFamily):
    """The same, awaitable."""

    begin = asynchronous(begin)
    step = asynchronous(step)
    confirm = asynchronous(confirm)
    commit = asynchronous(commit)
    rollback = asynchronous(rollback)
    wait = asynchronous(transaction_wait)
    get = asynchronous(transaction_get)


class System(Family):
    """The methods ``system.*``."""

    hello = sync(hello)
    ping = sync(ping)
    health = sync(health)
    status = sync(status)
    explain = sync(explain)
    timeline = sync(timeline)


class AsyncSystem(AsyncFamily):
    """The same, awaitable."""

    hello = asynchronous(hello)
    ping = asynchronous(ping)
    health = asynchronous(health)
    status = asynchronous(status)
    explain = asynchronous(explain)
    timeline = asynchronous(timeline)
