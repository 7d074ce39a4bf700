"""What a worker has in hand, and how it says what became of it."""

from __future__ import annotations

import functools
import inspect
import logging
import os
import socket
import threading
import time
from typing import Any, Callable, Dict, List, Optional, Tuple

from . import _queue, _settings
from ._call import UNSET, Call
from ._describe import describe
from ._exceptions import InvalidParams, MendError, TooLarge
from .types import Leased

_log = logging.getLogger("mend")
#: Seconds after the end of a lease for which a worker still tries to tell its outcome: as long as a restart may take.
AFTER_LEASE = 30.0
#: Milliseconds for which one call waits for work.
WAIT_MS = 60_000


class Snooze(Exception):
    """Raised by a worker's function: put the operation back for ``delay`` seconds; the attempt is not spent."""

    def __init__(self, delay: float) -> None:
        super().__init__(delay)
        self.delay = delay


class Release(Exception):
    """Raised by a worker's function: put the operation back; the attempt is not spent."""


class Reject(Exception):
    """Raised by a worker's function: the operation can never succeed, and becomes a dead letter."""


class Job:
    """An operation that this worker has leased."""

    def __init__(self, leased: Leased) -> None:
        self.id = leased["operation"]
        self.lease = leased["lease"]
        self.queue = leased["queue"]
        self.payload = leased["payload"]
        #: Which attempt this is, from 1 on.
        self.attempt = leased["attempt"]
        self.max_attempts = leased["max_attempts"]
        #: Who enqueued it.
        self.uid = leased["uid"]
        self.correlation: Optional[str] = leased.get("correlation")
        self.traceparent: Optional[str] = leased.get("traceparent")
        #: Of an undo: what it undoes. A resource can tell a repeated one by them.
        self.transaction: Optional[int] = leased.get("transaction")
        self.step: Optional[int] = leased.get("step")
        self._until = leased["lease_until_at"] / 1000
        self._lost = threading.Event()
        self._settled = False
        self._lock = threading.Lock()

    @property
    def is_lost(self) -> bool:
        """Whether the lease has ended: stop working, it may be in other hands."""
        return self._lost.is_set()

    def lose(self) -> None:
        """Note that the lease has ended."""
        self._lost.set()

    def prolong(self, until_at: int) -> None:
        """Note until when the lease lasts now, in Unix milliseconds."""
        self._until = until_at / 1000

    def settle(self) -> bool:
        """Say who tells the outcome: the first who asks."""
        with self._lock:
            first, self._settled = not self._settled, True
            return first

    @property
    def is_worth_telling(self) -> bool:
        """Whether the daemon may still take the outcome."""
        return not self.is_lost and time.time() < self._until + AFTER_LEASE


class WorkerBase:
    """What both kinds of worker have in common."""

    def __init__(
        self,
        function: Callable[..., Any],
        queues: Tuple[str, ...],
        *,
        parallel: int,
        lease: float,
        grace: float,
        timeout: Optional[float],
        name: Optional[str],
        service: Optional[str],
    ) -> None:
        functools.update_wrapper(self, function)
        if not queues:
            raise ValueError("a worker needs a queue")
        if parallel < 1 or lease <= 0 or grace < 0:
            raise ValueError("parallel is at least 1, lease more than 0, and grace not negative")
        self.function = function
        self.queues: List[str] = list(queues)
        self.parallel = parallel
        self.grace = grace
        self.timeout = timeout
        self.name = name or f"{socket.gethostname()}:{os.getpid()}"
        self._lease_ms = max(1, int(lease * 1000))
        self._service = service
        self._takes_job = _positional(function) >= 2

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Call the function itself, as if it were not decorated."""
        return self.function(*args, **kwargs)

    def stop(self) -> None:
        """Ask ``run`` in another thread to end; ``run_async`` from its own loop."""
        run = getattr(self, "_run", None)
        if run is not None:
            run.ask_to_stop()

    @property
    def extend_every(self) -> float:
        """Seconds between two extensions. Holds of a restarted daemon want to be presented again within 30 s."""
        return min(self._lease_ms / 3000, 10.0)

    def lease_call(self, *, waits: bool) -> Call[Any]:
        """Ask for one operation."""
        return _queue.lease(
            self.queues,
            lease_ms=self._lease_ms,
            wait_ms=WAIT_MS if waits else UNSET,
            worker=self.name[:128],
            hold="connection",
        )

    def extend_call(self, job: Job) -> Call[Any]:
        """Keep an operation."""
        return _queue.extend(job.id, job.lease, lease_ms=self._lease_ms)

    def arguments(self, job: Job) -> Tuple[Any, ...]:
        """Give what the function is called with: the payload, and the job where it takes two."""
        return (job.payload, job) if self._takes_job else (job.payload,)

    def outcome(self, job: Job, value: Any, error: Optional[BaseException]) -> Call[Any]:
        """Say how it ended."""
        if error is None:
            return _queue.complete(job.id, job.lease, result=UNSET if value is None else value)
        if isinstance(error, Snooze):
            return _queue.snooze(job.id, job.lease, delay_ms=max(0, int(error.delay * 1000)))
        if isinstance(error, Release) or not isinstance(error, Exception):
            return _queue.release(job.id, job.lease)
        members: Dict[str, Any] = {"service": self._service or _settings.service(), "attempt": job.attempt}
        members["action"] = getattr(self.function, "__qualname__", None)
        if isinstance(error, Reject):
            members["category"] = "permanent"
        return _queue.fail(job.id, job.lease, describe(error, **members))

    def without_result(self, job: Job, call: Call[Any], error: MendError) -> Optional[Call[Any]]:
        """Say what to do about an outcome that was refused.

        A result that is no JSON, or too large, is left out: the work is done, and must not be done again. About
        anything else, such as a lost lease, nothing can be done.
        """
        unsendable = isinstance(error, (InvalidParams, TooLarge)) and "result" in call.params
        what = "the result" if unsendable else "the outcome"
        _log.error("%s of operation %s on %s is not kept: %s", what, job.id, job.queue, error)
        return _queue.complete(job.id, job.lease) if unsendable else None


def _positional(function: Callable[..., Any]) -> int:
    kinds = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
    try:
        parameters = inspect.signature(function).parameters.values()
    except ValueError:
        # Some functions written in C do not tell.
        return 1
    required = [each for each in parameters if each.kind in kinds and each.default is inspect.Parameter.empty]
    return len(required)
