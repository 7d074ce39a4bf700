"""Workers whose function is a coroutine: parallel tasks."""

from __future__ import annotations

import asyncio
import logging
import signal
import threading
from typing import Any, Coroutine, Dict, List, Optional, Set

from . import _queue, _settings
from ._async_client import AsyncClient
from ._call import Call, correlation
from ._effects import Run, execute_async
from ._exceptions import AWAY, LeaseLost, MendError
from ._job import Job, WorkerBase

_log = logging.getLogger("mend")
_PAUSES = (0.1, 5.0)


class AsyncWorker(WorkerBase):
    """Leases operations and runs a coroutine with each; ``mend.worker`` makes one."""

    def run(self, *, drain: bool = False) -> None:
        """Work in an event loop of its own; see ``run_async``."""
        asyncio.run(self.run_async(drain=drain))

    async def run_async(self, *, drain: bool = False) -> None:
        """Work until ``stop``, SIGTERM or SIGINT; with ``drain`` until nothing is ready.

        Told to stop, it leases nothing more and lets what runs end, for ``grace`` seconds; what still runs then is
        cancelled and put back without its attempt being spent, and so it is at a second signal.
        """
        run = _Run(self, drain)
        self._run: Optional[_Run] = run
        try:
            await run.run()
        finally:
            self._run = None


class _Run:
    """One call of ``run_async``."""

    def __init__(self, worker: AsyncWorker, drain: bool) -> None:
        self._worker = worker
        self._drain = drain
        shared = _settings.client()
        # A connection of its own: when it ends, so does what this worker holds.
        self._client = AsyncClient(shared.socket, timeout=shared.timeout)
        self._jobs: Dict[int, Job] = {}
        self._leasing: Set[asyncio.Task[Any]] = set()
        self._tasks: List[asyncio.Task[None]] = []
        self._asked = 0
        self._over = False
        self._news = asyncio.Event()

    def ask_to_stop(self) -> None:
        self._asked += 1
        self._news.set()
        for task in self._leasing:
            task.cancel()
        _log.info("told to stop: %s running", len(self._jobs))

    async def run(self) -> None:
        loop = asyncio.get_running_loop()
        signals = [signal.SIGTERM, signal.SIGINT] if threading.current_thread() is threading.main_thread() else []
        for number in signals:
            loop.add_signal_handler(number, self.ask_to_stop)
        self._tasks = [asyncio.ensure_future(self._work()) for _ in range(self._worker.parallel)]
        keeper = asyncio.ensure_future(self._keep())
        try:
            await self._wait_for_end()
        finally:
            self._over = True
            for task in [*self._tasks, keeper]:
                task.cancel()
            outcomes = await asyncio.gather(*self._tasks, keeper, return_exceptions=True)
            for number in signals:
                loop.remove_signal_handler(number)
            await self._client.close()
        for outcome in outcomes:
            if isinstance(outcome, BaseException) and not isinstance(outcome, asyncio.CancelledError):
                raise outcome

    async def _wait_for_end(self) -> None:
        loop = asyncio.get_running_loop()
        deadline: Optional[float] = None
        seen = 0
        while not all(task.done() for task in self._tasks):
            if self._asked > seen:
                deadline = loop.time() + (self._worker.grace if seen == 0 and self._asked == 1 else 0.0)
                seen = self._asked
            left = None if deadline is None else deadline - loop.time()
            if left is not None and left <= 0:
                return
            self._news.clear()
            news = asyncio.ensure_future(self._news.wait())
            await asyncio.wait([*self._tasks, news], timeout=left, return_when=asyncio.FIRST_COMPLETED)
            news.cancel()
            if any(task.done() and task.exception() for task in self._tasks):
                return

    async def _work(self) -> None:
        pause = _PAUSES[0]
        while not self._asked:
            task = asyncio.ensure_future(self._client.do(self._worker.lease_call(waits=not self._drain)))
            self._leasing.add(task)
            try:
                answer = await task
            except asyncio.CancelledError:
                return
            except AWAY as away:
                _log.warning("the daemon is away: %s", away)
                await asyncio.sleep(pause)
                pause = min(pause * 2, _PAUSES[1])
                continue
            finally:
                self._leasing.discard(task)
            pause = _PAUSES[0]
            for leased in answer["operations"]:
                if self._asked:
                    job = Job(leased)
                    await self._say(job, _queue.release(job.id, job.lease), patient=False)
                else:
                    await self._handle(Job(leased))
            if self._drain and not answer["operations"]:
                return

    async def _handle(self, job: Job) -> None:
        self._jobs[job.lease] = job
        try:
            value: Any = None
            failure: Optional[BaseException] = None
            with correlation(job.correlation, job.traceparent):
                try:
                    run = Run(self._worker.function, self._worker.arguments(job), {}, self._worker.timeout)
                    value = await execute_async(run)
                except BaseException as error:  # noqa: BLE001 - the daemon is told
                    failure = error
                if isinstance(failure, asyncio.CancelledError):
                    _log.warning("operation %s on %s is put back unfinished", job.id, job.queue)
                    await self._say(job, _queue.release(job.id, job.lease), patient=False)
                else:
                    await _to_its_end(self._say(job, self._worker.outcome(job, value, failure), patient=True))
            if failure is not None and not isinstance(failure, Exception):
                raise failure
        finally:
            self._jobs.pop(job.lease, None)

    async def _say(self, job: Job, call: Call[Any], *, patient: bool) -> None:
        pause = _PAUSES[0]
        while True:
            try:
                await self._client.do(call)
                return
            except AWAY as away:
                if not patient or not job.is_worth_telling or self._over:
                    _log.error("the outcome of operation %s on %s could not be told: %s", job.id, job.queue, away)
                    return
                await asyncio.sleep(pause)
                pause = min(pause * 2, _PAUSES[1])
            except MendError as error:
                again = self._worker.without_result(job, call, error)
                if again is None:
                    return
                call = again

    async def _keep(self) -> None:
        while True:
            await asyncio.sleep(self._worker.extend_every)
            for job in list(self._jobs.values()):
                try:
                    extended = await self._client.do(self._worker.extend_call(job))
                    job.prolong(extended["lease_until_at"])
                except LeaseLost:
                    job.lose()
                except MendError as error:
                    _log.warning("the lease of operation %s was not extended: %s", job.id, error)


async def _to_its_end(coroutine: Coroutine[Any, Any, None]) -> None:
    """Await what must not be cut off: work that is done would be done again if nobody told."""
    task = asyncio.ensure_future(coroutine)
    try:
        await asyncio.shield(task)
    except asyncio.CancelledError:
        await task
        raise
