"""Workers whose function blocks: parallel threads."""

from __future__ import annotations

import contextlib
import logging
import select
import signal
import socket
import threading
import time
from typing import Any, Callable, Dict, List, Optional, Set

from . import _queue, _settings
from ._call import Call, correlation
from ._client import Client
from ._connection import Pending
from ._effects import Run, execute
from ._exceptions import AWAY, Cancelled, LeaseLost, MendError
from ._job import Job, WorkerBase

_log = logging.getLogger("mend")
_PAUSES = (0.1, 5.0)


class Worker(WorkerBase):
    """Leases operations and runs a function with each; ``mend.worker`` makes one."""

    def run(self, *, drain: bool = False) -> None:
        """Work until ``stop``, SIGTERM or SIGINT; with ``drain`` until nothing is ready.

        Told to stop, it leases nothing more and lets what runs end, for ``grace`` seconds; what still runs then is put
        back without its attempt being spent, and so it is at a second signal. Raises what makes further work senseless,
        such as ``PermissionDenied``. Signals are heeded in the main thread only.
        """
        run = _Run(self, drain)
        self._run: Optional[_Run] = run
        try:
            run.run()
        finally:
            self._run = None


class _Run:
    """One call of ``run``."""

    def __init__(self, worker: Worker, drain: bool) -> None:
        self._worker = worker
        self._drain = drain
        shared = _settings.client()
        # A connection of its own: when it ends, so does what this worker holds.
        self._client = Client(shared.socket, timeout=shared.timeout)
        self._lock = threading.Lock()
        self._waiting: Set[Pending] = set()
        self._jobs: Dict[int, Job] = {}
        self._stopping = threading.Event()
        self._over = threading.Event()
        self._failure: Optional[BaseException] = None
        # What a signal's handler may touch: locks may be held by the very thread that it interrupts.
        self._news, self._teller = socket.socketpair()
        for each in (self._news, self._teller):
            each.setblocking(False)

    def ask_to_stop(self) -> None:
        self._tell(b"s")

    def _tell(self, what: bytes) -> None:
        # A thread that was left behind ends when nobody listens any more.
        with contextlib.suppress(OSError):
            self._teller.send(what)

    def run(self) -> None:
        with _signals(self.ask_to_stop):
            threads = [
                threading.Thread(target=self._work, name=f"mend-worker-{number}", daemon=True)
                for number in range(self._worker.parallel)
            ]
            keeper = threading.Thread(target=self._keep, name="mend-keeper", daemon=True)
            try:
                for thread in [*threads, keeper]:
                    thread.start()
                self._wait_for(len(threads))
            finally:
                self._put_back()
                self._over.set()
                keeper.join()
                self._client.close()
        self._news.close()
        self._teller.close()
        if self._failure is not None:
            raise self._failure

    def _wait_for(self, running: int) -> None:
        deadline: Optional[float] = None
        while running:
            left = None if deadline is None else deadline - time.monotonic()
            if left is not None and left <= 0:
                return
            ready, _, _ = select.select([self._news], [], [], left)
            if not ready:
                continue
            for each in self._news.recv(64):
                if each == ord("e"):
                    running -= 1
                    continue
                self._stop()
                _log.info("told to stop: %s running", len(self._jobs))
                deadline = time.monotonic() + (self._worker.grace if deadline is None else 0.0)

    def _stop(self) -> None:
        with self._lock:
            self._stopping.set()
            waiting = list(self._waiting)
        for pending in waiting:
            try:
                pending.cancel()
            except MendError as error:
                # Then the wait ends with the connection.
                _log.debug("a wait could not be ended: %s", error)

    def _put_back(self) -> None:
        with self._lock:
            held = list(self._jobs.values())
        for job in held:
            if job.settle():
                _log.warning("operation %s on %s is put back unfinished", job.id, job.queue)
                self._say(job, _queue.release(job.id, job.lease), patient=False)

    def _work(self) -> None:
        try:
            pause = _PAUSES[0]
            while not self._stopping.is_set():
                try:
                    leased = self._lease()
                except AWAY as away:
                    _log.warning("the daemon is away: %s", away)
                    self._stopping.wait(pause)
                    pause = min(pause * 2, _PAUSES[1])
                    continue
                pause = _PAUSES[0]
                for job in leased:
                    self._handle(job)
                if self._drain and not leased:
                    return
        except BaseException as error:  # noqa: BLE001 - it is raised by ``run``
            self._failure = self._failure or error
            self.ask_to_stop()
        finally:
            self._tell(b"e")

    def _lease(self) -> List[Job]:
        call = self._worker.lease_call(waits=not self._drain)
        with self._lock:
            if self._stopping.is_set():
                return []
            pending = self._client.start(call)
            self._waiting.add(pending)
        try:
            timeout = self._client.timeout
            answer = pending.result(None if timeout is None else timeout + call.wait_ms / 1000)
        except Cancelled:
            return []
        finally:
            with self._lock:
                self._waiting.discard(pending)
        jobs = [Job(leased) for leased in answer["operations"]]
        if self._stopping.is_set():
            for job in jobs:
                self._say(job, _queue.release(job.id, job.lease), patient=False)
            return []
        return jobs

    def _handle(self, job: Job) -> None:
        with self._lock:
            self._jobs[job.lease] = job
        try:
            value, failure = None, None
            with correlation(job.correlation, job.traceparent):
                try:
                    run = Run(self._worker.function, self._worker.arguments(job), {}, self._worker.timeout)
                    value = execute(run)
                except BaseException as error:  # noqa: BLE001 - the daemon is told
                    failure = error
                # An operation that was put back meanwhile is no longer this worker's.
                if job.settle():
                    self._say(job, self._worker.outcome(job, value, failure), patient=True)
            if failure is not None and not isinstance(failure, Exception):
                raise failure
        finally:
            with self._lock:
                self._jobs.pop(job.lease, None)

    def _say(self, job: Job, call: Call[Any], *, patient: bool) -> None:
        pause = _PAUSES[0]
        while True:
            try:
                self._client.do(call)
                return
            except AWAY as away:
                if not patient or not job.is_worth_telling or self._over.is_set():
                    _log.error("the outcome of operation %s on %s could not be told: %s", job.id, job.queue, away)
                    return
                self._over.wait(pause)
                pause = min(pause * 2, _PAUSES[1])
            except MendError as error:
                again = self._worker.without_result(job, call, error)
                if again is None:
                    return
                call = again

    def _keep(self) -> None:
        while not self._over.wait(self._worker.extend_every):
            with self._lock:
                jobs = list(self._jobs.values())
            for job in jobs:
                try:
                    job.prolong(self._client.do(self._worker.extend_call(job))["lease_until_at"])
                except LeaseLost:
                    job.lose()
                except MendError as error:
                    _log.warning("the lease of operation %s was not extended: %s", job.id, error)


class _signals:  # noqa: N801 - it reads as a function
    """Calls ``handler`` at SIGTERM and SIGINT while its block runs, in the main thread only."""

    def __init__(self, handler: Callable[[], None]) -> None:
        self._handler = handler
        self._before: Dict[int, Any] = {}

    def __enter__(self) -> None:
        if threading.current_thread() is threading.main_thread():
            for number in (signal.SIGTERM, signal.SIGINT):
                self._before[number] = signal.signal(number, lambda *_: self._handler())

    def __exit__(self, *_: object) -> None:
        for number, before in self._before.items():
            signal.signal(number, before)
