"""The decorator that makes workers."""

from __future__ import annotations

import inspect
from typing import Any, Callable, Coroutine, Optional, Protocol, Type, Union, overload

from ._async_worker import AsyncWorker
from ._worker import Worker


class MakesWorker(Protocol):
    """Turns a function into its worker."""

    # A coroutine function is a function, too: the first one that fits counts.
    @overload
    def __call__(  # type: ignore[misc]
        self, function: Callable[..., Coroutine[Any, Any, Any]]
    ) -> AsyncWorker: ...

    @overload
    def __call__(self, function: Callable[..., Any]) -> Worker: ...


def worker(
    queue: str,
    *more: str,
    parallel: int = 1,
    lease: float = 60.0,
    grace: float = 30.0,
    timeout: Optional[float] = None,
    name: Optional[str] = None,
    service: Optional[str] = None,
) -> MakesWorker:
    """Make a function the worker of one or more queues; its ``run()`` works until it is told to stop.

    The function gets the payload, and where it takes two arguments the ``Job``. What it returns is the operation's
    result; what it raises is reported, and the verdict decides when it is tried again, or that it is a dead letter.
    ``Snooze``, ``Release`` and ``Reject`` say so themselves. A coroutine function runs in tasks, any other one in
    threads: ``parallel`` at a time. Operations are leased for ``lease`` seconds, extended while the function runs;
    after ``timeout`` seconds it has failed with ``TaskTimeout``. Told to stop, the worker waits for ``grace`` seconds.
    """

    def decorate(function: Callable[..., Any]) -> Any:
        kind: Type[Union[Worker, AsyncWorker]] = AsyncWorker if inspect.iscoroutinefunction(function) else Worker
        return kind(
            function,
            (queue, *more),
            parallel=parallel,
            lease=lease,
            grace=grace,
            timeout=timeout,
            name=name,
            service=service,
        )

    return decorate
