"""The family ``queue.``: operations that must still happen."""

from __future__ import annotations

from typing import Any, List, Optional, Union

from ._call import UNSET, AsyncFamily, Call, Family, asynchronous, call, sync
from .types import Answer, Enqueued, Extended, Failed, Hold, Leases, Policy, Snoozed, State, Waited


def enqueue(
    queue: str,
    payload: Any,
    *,
    priority: int = UNSET,
    delay_ms: int = UNSET,
    run_at: int = UNSET,
    key: str = UNSET,
    max_attempts: int = UNSET,
    policy: Policy = UNSET,
    lane: str = UNSET,
    on_dead: str = UNSET,
    expires_ms: int = UNSET,
    keep_result_ms: int = UNSET,
    transaction: int = UNSET,
    breaker: str = UNSET,
    idempotency_key: Optional[str] = None,
) -> Call[Enqueued]:
    """Put an operation on a queue; it is on disk when this returns.

    ``payload`` is any JSON. ``priority`` 0 is first, 100 the default. At most one operation of a ``key`` is live.
    ``delay_ms``, ``expires_ms`` and ``keep_result_ms`` are milliseconds, ``run_at`` is Unix milliseconds. With
    ``idempotency_key`` the call is safe to send again for a day. Raises ``QueueFull``, ``DiskFull``.
    """
    made = call(
        "queue.enqueue",
        queue=queue,
        payload=payload,
        priority=priority,
        delay_ms=delay_ms,
        run_at=run_at,
        key=key,
        max_attempts=max_attempts,
        policy=policy,
        lane=lane,
        on_dead=on_dead,
        expires_ms=expires_ms,
        keep_result_ms=keep_result_ms,
        transaction=transaction,
        breaker=breaker,
    )
    return made.with_meta(idempotency_key=idempotency_key)


def lease(
    queues: Union[str, List[str]],
    *,
    max: int = UNSET,  # noqa: A002 - the protocol's own name
    lease_ms: int = UNSET,
    wait_ms: int = UNSET,
    worker: str = UNSET,
    hold: Hold = UNSET,
) -> Call[Leases]:
    """Take up to ``max`` operations that are ready, waiting ``wait_ms`` for the first one.

    Each is this client's until ``lease_until_at``, or until the owner that ``hold`` names ends.
    """
    names = [queues] if isinstance(queues, str) else list(queues)
    return call("queue.lease", queues=names, max=max, lease_ms=lease_ms, wait_ms=wait_ms, worker=worker, hold=hold)


def extend(operation: int, lease: int, *, lease_ms: int = UNSET) -> Call[Extended]:
    """Keep a leased operation for longer. Raises ``LeaseLost``: stop working on it then."""
    return call("queue.extend", operation=operation, lease=lease, lease_ms=lease_ms)


def complete(operation: int, lease: int, *, result: Any = UNSET) -> Call[State]:
    """Say that it is done, with any JSON as ``result``. Repeated with its own lease it answers as it did."""
    return call("queue.complete", operation=operation, lease=lease, result=result)


def fail(operation: int, lease: int, error: Answer) -> Call[Failed]:
    """Say that it failed, with an error as ``error.report`` takes it; the verdict decides what becomes of it."""
    return call("queue.fail", operation=operation, lease=lease, error=error)


def release(operation: int, lease: int) -> Call[State]:
    """Put it back; the attempt is not spent."""
    return call("queue.release", operation=operation, lease=lease)


def snooze(operation: int, lease: int, *, delay_ms: int = UNSET, run_at: int = UNSET) -> Call[Snoozed]:
    """Put it back for later; the attempt is not spent."""
    return call("queue.snooze", operation=operation, lease=lease, delay_ms=delay_ms, run_at=run_at)


def cancel(operation: int) -> Call[State]:
    """End an operation that has not ended."""
    return call("queue.cancel", operation=operation)


def wait(operation: int, *, wait_ms: int = UNSET) -> Call[Waited]:
    """Wait until it has ended, for 60 s or ``wait_ms``; else say how it is then."""
    return call("queue.wait", operation=operation, wait_ms=wait_ms)


def get(operation: int) -> Call[Answer]:
    """Show an operation. Raises ``NotFound``."""
    return call("queue.get", operation=operation)


def stats(queue: str = UNSET, *, limit: int = UNSET, after: str = UNSET) -> Call[Answer]:
    """Count the operations of each queue by state."""
    return call("queue.stats", queue=queue, limit=limit, after=after)


def configure(queue: str, **settings: Any) -> Call[Answer]:
    """Change settings of a queue; ``None`` takes one back to its default. For operators."""
    return call("queue.configure", queue=queue, **settings)


class Queue(Family):
    """The methods ``queue.*``; others by ``client.call("queue....", {...})``."""

    enqueue = sync(enqueue)
    lease = sync(lease)
    extend = sync(extend)
    complete = sync(complete)
    fail = sync(fail)
    release = sync(release)
    snooze = sync(snooze)
    cancel = sync(cancel)
    wait = sync(wait)
    get = sync(get)
    stats = sync(stats)
    configure = sync(configure)


class AsyncQueue(AsyncFamily):
    """The same, awaitable."""

    enqueue = asynchronous(enqueue)
    lease = asynchronous(lease)
    extend = asynchronous(extend)
    complete = asynchronous(complete)
    fail = asynchronous(fail)
    release = asynchronous(release)
    snooze = asynchronous(snooze)
    cancel = asynchronous(cancel)
    wait = asynchronous(wait)
    get = asynchronous(get)
    stats = asynchronous(stats)
    configure = asynchronous(configure)
