"""Workers: outcomes, leases that are kept, stops that lose nothing."""

from __future__ import annotations

import asyncio
import logging
import os
import threading
import unittest.mock
from typing import Any, Dict, List

import mend
from support import PATIENCE, SIGINT, SIGKILL, SIGTERM, DaemonTest, finish, in_thread, line_of
from test_async_client import done

WORKER = """
import asyncio, logging, mend, os, sys
name, kind, grace = sys.argv[1], sys.argv[2], float(sys.argv[3])
logging.basicConfig(level=logging.INFO, stream=sys.stdout, format="%(message)s")

def say(*what):
    print(*what, flush=True)

if kind == "sync":
    @mend.worker(name, parallel=2, grace=grace)
    def work(payload, job):
        say("began", payload, job.attempt)
        sys.stdin.readline()
        return payload
else:
    @mend.worker(name, parallel=2, grace=grace)
    async def work(payload, job):
        say("began", payload, job.attempt)
        reader = asyncio.StreamReader()
        protocol = asyncio.StreamReaderProtocol(reader)
        await asyncio.get_running_loop().connect_read_pipe(lambda: protocol, sys.stdin)
        await reader.readline()
        return payload
try:
    work.run()
except BaseException as error:
    say("raised", type(error).__name__)
    raise
say("stopped")
# Threads that wait for input would hold up the end.
os._exit(0)
"""


class Outcomes(DaemonTest):
    def put(self, payload: Any = 1, **options: Any) -> int:
        return self.client.queue.enqueue(self.name, payload, **options)["operation"]

    def test_what_is_returned_is_the_result(self) -> None:
        @mend.worker(self.name)
        def double(payload: int) -> Dict[str, int]:
            return {"double": payload * 2}

        operation = self.put(21)
        double.run(drain=True)
        self.assertEqual(self.client.queue.get(operation)["result"], {"double": 42})
        self.assertEqual(double(4), {"double": 8})

    def test_nothing_returned_is_no_result(self) -> None:
        operation = self.put()
        mend.worker(self.name)(lambda payload: None).run(drain=True)
        found = self.client.queue.get(operation)
        self.assertEqual((found["state"], "result" in found), ("done", False))

    def test_what_is_raised_is_reported_and_the_verdict_decides(self) -> None:
        transient = self.put("transient", policy={"strategy": "fixed", "base_ms": 60_000, "jitter": "none"})
        permanent = self.put("permanent")

        @mend.worker(self.name, service=self.name)
        def fails(payload: str) -> None:
            raise ConnectionResetError("reset") if payload == "transient" else ValueError("no")

        fails.run(drain=True)
        self.assertEqual(self.client.queue.get(transient)["state"], "scheduled")
        found = self.client.queue.get(permanent)
        self.assertEqual((found["state"], found["last_message"]), ("dead", "no"))
        report = self.client.call("error.get", {"error": found["last_error"]})
        self.assertEqual((report["type"], report["service"]), ("ValueError", self.name))

    def test_the_function_can_say_itself_what_becomes_of_it(self) -> None:
        numbers = {what: self.put(what) for what in ("snooze", "reject", "later")}
        seen: List[str] = []

        @mend.worker(self.name)
        def work(payload: str) -> None:
            seen.append(payload)
            if payload == "snooze":
                raise mend.Snooze(3600)
            if payload == "reject":
                raise mend.Reject("no such address")

        work.run(drain=True)
        states = {what: self.client.queue.get(number) for what, number in numbers.items()}
        self.assertEqual([states[what]["state"] for what in numbers], ["scheduled", "dead", "done"])
        self.assertEqual(states["snooze"]["attempt"], 0)
        self.assertEqual(seen, list(numbers))

    def test_released_it_comes_again_without_its_attempt_being_spent(self) -> None:
        operation = self.put(max_attempts=1)
        attempts: List[int] = []

        @mend.worker(self.name)
        def work(payload: int, job: mend.Job) -> None:
            attempts.append(job.attempt)
            if len(attempts) < 3:
                raise mend.Release

        work.run(drain=True)
        self.assertEqual(attempts, [1, 1, 1])
        self.assertEqual(self.client.queue.get(operation)["state"], "done")

    def test_a_result_that_cannot_be_sent_does_not_make_the_work_be_done_again(self) -> None:
        operation = self.put()
        with self.assertLogs("mend", "ERROR"):
            mend.worker(self.name)(lambda payload: object()).run(drain=True)
        found = self.client.queue.get(operation)
        self.assertEqual((found["state"], "result" in found), ("done", False))

    def test_the_job_says_what_the_operation_is_and_calls_carry_its_correlation(self) -> None:
        with mend.correlation(f"{self.name}-flow"):
            self.put("a", max_attempts=7)
        jobs: List[mend.Job] = []

        @mend.worker(f"{self.name}-empty", self.name)
        def work(payload: str, job: mend.Job) -> int:
            jobs.append(job)
            return mend.client().queue.enqueue(f"{self.name}-next", 1)["operation"]

        work.run(drain=True)
        [job] = jobs
        self.assertEqual((job.queue, job.payload, job.attempt, job.max_attempts), (self.name, "a", 1, 7))
        self.assertEqual((job.uid, job.correlation, job.is_lost), (os.getuid(), f"{self.name}-flow", False))
        following = self.client.queue.get(self.client.queue.get(job.id)["result"])
        self.assertEqual(following["correlation"], f"{self.name}-flow")

    def test_as_many_as_were_asked_for_run_at_a_time(self) -> None:
        for number in range(3):
            self.put(number)
        together = threading.Barrier(3)
        mend.worker(self.name, parallel=3)(lambda payload: together.wait(PATIENCE)).run(drain=True)
        self.assertEqual(self.counts(self.name), {"done": 3})

    def test_what_takes_too_long_has_failed(self) -> None:
        operation = self.put(policy={"strategy": "fixed", "base_ms": 60_000})
        release = threading.Event()
        self.addCleanup(release.set)

        @mend.worker(self.name, timeout=0.02)
        def work(payload: int) -> None:
            release.wait(PATIENCE)

        work.run(drain=True)
        found = self.client.queue.get(operation)
        self.assertEqual((found["state"], found["attempt"]), ("scheduled", 1))
        self.assertIn("did not end in 0.02 s", found["last_message"])

    def test_leases_are_extended_while_the_function_runs(self) -> None:
        operation = self.put()
        extended = threading.Event()
        real = mend.Client.do

        def watching(client: mend.Client, call: Any) -> Any:
            answer = real(client, call)
            if call.method == "queue.extend":
                extended.set()
            return answer

        @mend.worker(self.name, lease=0.3)
        def work(payload: int, job: mend.Job) -> bool:
            return extended.wait(PATIENCE) and not job.is_lost

        with unittest.mock.patch.object(mend.Client, "do", watching):
            work.run(drain=True)
        self.assertTrue(self.client.queue.get(operation)["result"])

    def test_a_lost_lease_is_told_to_the_function_and_its_outcome_is_dropped(self) -> None:
        operation = self.put()

        lost: List[bool] = []

        @mend.worker(self.name, lease=0.2)
        def work(payload: int, job: mend.Job) -> None:
            self.client.call("queue.cancel", {"operation": job.id})
            lost.extend([job._lost.wait(PATIENCE), job.is_lost])

        with self.assertLogs("mend", "ERROR"):
            work.run(drain=True)
        self.assertEqual(lost, [True, True])
        self.assertEqual(self.client.queue.get(operation)["state"], "cancelled")

    def test_what_makes_work_senseless_is_raised(self) -> None:
        from support import violating

        with violating(), self.assertRaises(mend.InvalidParams):
            mend.worker("no such name!")(lambda payload: None).run(drain=True)
        with self.assertRaises(ValueError):
            mend.worker("q", parallel=0)(lambda payload: None)

    def test_the_outcome_is_told_to_a_daemon_that_comes_back(self) -> None:
        operation = self.put()

        @mend.worker(self.name)
        def work(payload: int) -> str:
            self.daemon.kill()
            self.daemon.start()
            return "survived"

        work.run(drain=True)
        self.assertEqual(self.client.queue.get(operation)["result"], "survived")

    def test_a_worker_waits_for_a_daemon_that_is_away(self) -> None:
        operation = self.put()
        self.daemon.kill()
        ran = threading.Event()
        worker = mend.worker(self.name)(lambda payload: ran.set())
        with self.assertLogs("mend", "WARNING"):
            join = in_thread(worker.run)
            logged = threading.Event()
            handler = logging.Handler()
            setattr(handler, "emit", lambda record: logged.set())  # noqa: B010 - mypy knows it as a method
            logging.getLogger("mend").addHandler(handler)
            self.addCleanup(logging.getLogger("mend").removeHandler, handler)
            self.assertTrue(logged.wait(PATIENCE))
            self.daemon.start()
            self.assertTrue(ran.wait(PATIENCE))
        worker.stop()
        join()
        self.assertEqual(self.client.queue.get(operation)["state"], "done")

    def test_what_was_leased_when_it_was_told_to_stop_is_put_back(self) -> None:
        self.put()
        real = mend.Pending.result

        def result(pending: mend.Pending, timeout: Any = None) -> Any:
            answer = real(pending, timeout)
            if pending.method == "queue.lease":
                worker._run._stop()
            return answer

        worker = mend.worker(self.name)(lambda payload: self.fail("it was run"))
        with unittest.mock.patch.object(mend.Pending, "result", result):
            worker.run()
        [operation] = self.client.call("queue.list", {"queue": self.name})["operations"]
        self.assertEqual((operation["state"], operation["attempt"]), ("ready", 0))

    def test_stop_ends_waits_at_once_and_takes_nothing(self) -> None:
        worker = mend.worker(self.name, parallel=3)(lambda payload: None)
        leasing = threading.Semaphore(0)
        real = mend.Client.start

        def watching(client: mend.Client, call: Any) -> Any:
            pending = real(client, call)
            if call.method == "queue.lease":
                leasing.release()
            return pending

        with unittest.mock.patch.object(mend.Client, "start", watching):
            join = in_thread(worker.run)
            for _ in range(3):
                self.assertTrue(leasing.acquire(timeout=PATIENCE))
        worker.stop()
        join()
        self.put()
        self.assertEqual(self.counts(self.name), {"ready": 1})


class AsyncOutcomes(DaemonTest):
    def test_coroutines_work_in_tasks(self) -> None:
        numbers = [self.client.queue.enqueue(self.name, number)["operation"] for number in range(4)]
        together: List[int] = []

        async def main() -> None:
            event = asyncio.Event()

            @mend.worker(self.name, parallel=3, timeout=PATIENCE)
            async def work(payload: int, job: mend.Job) -> int:
                together.append(payload)
                if len(together) == 3:
                    event.set()
                await event.wait()
                if payload == 2:
                    raise ValueError("no")
                return payload * 2

            await work.run_async(drain=True)

        done(main())
        found = [self.client.queue.get(number) for number in numbers]
        self.assertEqual([each["state"] for each in found], ["done", "done", "dead", "done"])
        self.assertEqual([each.get("result") for each in found], [0, 2, None, 6])

    def test_what_takes_too_long_is_cancelled_and_has_failed(self) -> None:
        operation = self.client.queue.enqueue(self.name, 1, max_attempts=1)["operation"]

        @mend.worker(self.name, timeout=0.02)
        async def work(payload: int) -> None:
            await asyncio.sleep(PATIENCE)

        work.run(drain=True)
        self.assertEqual(self.client.queue.get(operation)["state"], "dead")

    def test_leases_are_extended_and_results_that_cannot_be_sent_left_out(self) -> None:
        operation = self.client.queue.enqueue(self.name, 1)["operation"]

        async def main() -> None:
            extended = asyncio.Event()
            real = mend.AsyncClient.do

            async def watching(client: mend.AsyncClient, call: Any) -> Any:
                answer = await real(client, call)
                if call.method == "queue.extend":
                    extended.set()
                return answer

            @mend.worker(self.name, lease=0.3)
            async def work(payload: int) -> object:
                await extended.wait()
                return object()

            with unittest.mock.patch.object(mend.AsyncClient, "do", watching):
                await work.run_async(drain=True)

        with self.assertLogs("mend", "ERROR"):
            done(main())
        self.assertEqual(self.client.queue.get(operation)["state"], "done")

    def test_an_outcome_that_is_being_told_when_the_time_is_over_is_told(self) -> None:
        operation = self.client.queue.enqueue(self.name, 1)["operation"]
        real = mend.AsyncClient.do

        async def slow(client: mend.AsyncClient, call: Any) -> Any:
            if call.method == "queue.complete":
                run = work._run
                assert run is not None
                work.stop()
                # The worker's time is over now, and its tasks are cancelled.
                while not run._over:
                    await asyncio.sleep(0)
                await asyncio.sleep(0)
            return await real(client, call)

        @mend.worker(self.name, grace=0)
        async def work(payload: int) -> str:
            return "told"

        with unittest.mock.patch.object(mend.AsyncClient, "do", slow):
            work.run()
        self.assertEqual(self.client.queue.get(operation)["result"], "told")

    def test_stop_ends_the_waits(self) -> None:
        async def main() -> None:
            worker = mend.worker(self.name, parallel=2)(self.nothing)
            running = asyncio.ensure_future(worker.run_async())
            # Its leases have been asked for when a later call of this loop is answered.
            await mend.async_client().system.ping()
            worker.stop()
            await running

        done(main())
        self.client.queue.enqueue(self.name, 1)
        self.assertEqual(self.counts(self.name), {"ready": 1})

    async def nothing(self, payload: int) -> None:
        self.fail("nothing was enqueued")


class Signals(DaemonTest):
    started_count = 0

    def started(self, kind: str, grace: float, max_attempts: int = 1) -> Any:
        self.started_count += 1
        self.queue = f"{self.name}-{self.started_count}"
        self.operation = self.client.queue.enqueue(self.queue, "job", max_attempts=max_attempts)["operation"]
        process = self.child(WORKER, self.queue, kind, str(grace))
        self.assertEqual(line_of(process), "began job 1")
        return process

    def test_told_to_stop_it_finishes_what_it_has(self) -> None:
        for kind in ("sync", "async"):
            for number in (SIGTERM, SIGINT):
                with self.subTest(kind=kind, number=number):
                    process = self.started(kind, PATIENCE)
                    process.send_signal(number)
                    self.assertEqual(line_of(process), "told to stop: 1 running")
                    self.client.queue.enqueue(self.queue, "not taken")
                    process.stdin.write("\n")
                    process.stdin.flush()
                    self.assertEqual(line_of(process), "stopped")
                    self.assertEqual(finish(process)[0], 0)
                    self.assertEqual(self.client.queue.get(self.operation)["result"], "job")
                    self.assertEqual(self.client.queue.get(self.operation)["attempt"], 1)

    def test_what_does_not_end_in_time_is_put_back_without_spending_its_attempt(self) -> None:
        for kind in ("sync", "async"):
            with self.subTest(kind):
                process = self.started(kind, 0.05)
                process.send_signal(SIGTERM)
                self.assertEqual(line_of(process), "told to stop: 1 running")
                self.assertIn("put back unfinished", line_of(process))
                self.assertEqual(line_of(process), "stopped")
                found = self.client.queue.get(self.operation)
                self.assertEqual((found["state"], found["attempt"]), ("ready", 0))

    def test_a_thread_that_was_left_behind_ends_without_a_word(self) -> None:
        self.client.queue.enqueue(self.name, 1)
        began, release = threading.Event(), threading.Event()

        @mend.worker(self.name, grace=0)
        def work(payload: int) -> None:
            began.set()
            release.wait(PATIENCE)

        failed: List[Any] = []
        with unittest.mock.patch("threading.excepthook", failed.append):
            join = in_thread(work.run)
            self.assertTrue(began.wait(PATIENCE))
            work.stop()
            join()
            [left] = [each for each in threading.enumerate() if each.name == "mend-worker-0"]
            release.set()
            left.join(PATIENCE)
        self.assertEqual((left.is_alive(), failed), (False, []))
        self.assertEqual(self.counts(self.name), {"ready": 1})

    def test_a_second_signal_puts_back_at_once(self) -> None:
        process = self.started("sync", 3600)
        process.send_signal(SIGTERM)
        self.assertEqual(line_of(process), "told to stop: 1 running")
        process.send_signal(SIGINT)
        self.assertEqual(line_of(process), "told to stop: 1 running")
        self.assertIn("put back unfinished", line_of(process))
        self.assertEqual(line_of(process), "stopped")
        self.assertEqual(self.client.queue.get(self.operation)["state"], "ready")

    def test_killed_it_gives_back_what_it_had_at_once(self) -> None:
        process = self.started("sync", 3600, max_attempts=2)
        finish(process, SIGKILL)
        [leased] = self.client.queue.lease(self.queue, wait_ms=int(PATIENCE * 1000))["operations"]
        self.assertEqual((leased["operation"], leased["attempt"]), (self.operation, 2))
