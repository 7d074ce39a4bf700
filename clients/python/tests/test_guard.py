"""Calls behind a breaker of the whole host."""

from __future__ import annotations

import asyncio
import threading
import time
import unittest.mock
from typing import Any, Dict, List

import mend
from support import FAST, PATIENCE, SIGKILL, DaemonTest, finish, line_of
from test_async_client import done


class Guards(DaemonTest):
    def setUp(self) -> None:
        super().setUp()
        self.client.breaker.configure(self.name, failure_threshold=1, recovery_timeout_ms=60_000)

    def breaker(self) -> Dict[str, Any]:
        return self.client.breaker.get(self.name)

    def refuse(self) -> None:
        raise ConnectionRefusedError(111, "refused")

    def test_a_failure_opens_it_and_further_calls_are_not_made(self) -> None:
        made: List[int] = []

        @mend.guard(breaker=self.name)
        def call() -> None:
            made.append(1)
            self.refuse()

        with self.assertRaises(ConnectionRefusedError):
            call()
        with self.assertRaises(mend.BreakerOpen) as caught:
            call()
        self.assertEqual(len(made), 1)
        error = caught.exception
        self.assertEqual((error.data, error.retryable), ({"breaker": self.name, "state": "open"}, True))
        self.assertGreater(error.retry_after_ms or 0, 0)
        self.assertEqual(self.breaker()["state"], "open")

    def test_a_success_is_recorded_and_its_value_given(self) -> None:
        self.assertEqual(mend.guard(breaker=self.name)(lambda a, b: a + b)(1, b=2), 3)
        breaker = self.breaker()
        self.assertEqual((breaker["window_calls"], breaker["window_failures"], breaker["permits"]), (1, 0, 0))

    def test_while_it_is_open_the_fallback_stands_in_and_is_counted(self) -> None:
        self.client.call("breaker.force", {"breaker": self.name, "state": "forced_open"})
        guarded = mend.guard(breaker=self.name, fallback=lambda a: a * 2)(lambda a: a)
        self.assertEqual(guarded(4), 8)
        self.assertEqual(mend.guard(breaker=self.name, fallback=None)(self.refuse)(), None)
        self.assertEqual(self.breaker()["fallbacks"], 2)

    def test_the_fallback_stands_in_for_failures_where_that_is_asked_for(self) -> None:
        guarded = mend.guard(breaker=self.name, fallback="old", fallback_on=(mend.BreakerOpen, OSError))(self.refuse)
        self.assertEqual([guarded(), guarded()], ["old", "old"])
        breaker = self.breaker()
        self.assertEqual((breaker["window_failures"], breaker["fallbacks"]), (1, 2))

    def test_what_says_nothing_about_the_dependency_does_not_count(self) -> None:
        def invalid() -> None:
            raise mend.annotate(ValueError("no such account"), category="validation")

        with self.assertRaises(ValueError):
            mend.guard(breaker=self.name)(invalid)()
        with self.assertRaises(ConnectionRefusedError):
            mend.guard(breaker=self.name, ignore=(OSError,))(self.refuse)()
        breaker = self.breaker()
        self.assertEqual((breaker["state"], breaker["ignored"]), ("closed", 2))

    def test_an_interrupt_gives_the_permit_back(self) -> None:
        def interrupted() -> None:
            raise KeyboardInterrupt

        with self.assertRaises(KeyboardInterrupt):
            mend.guard(breaker=self.name)(interrupted)()
        self.assertEqual((self.breaker()["permits"], self.breaker()["state"]), (0, "closed"))

    def test_what_takes_too_long_is_a_timeout(self) -> None:
        release = threading.Event()
        self.addCleanup(release.set)
        with self.assertRaises(mend.TaskTimeout) as caught:
            mend.guard(breaker=self.name, timeout=0.02)(release.wait)(PATIENCE)
        self.assertIsInstance(caught.exception, TimeoutError)
        self.assertEqual(self.breaker()["state"], "open")

    def test_a_process_that_dies_gives_its_permit_back(self) -> None:
        process = self.child(
            "import mend, sys\n"
            "@mend.guard(breaker=sys.argv[1])\n"
            "def call(): print('calling', flush=True); sys.stdin.read()\n"
            "call()\n",
            self.name,
        )
        self.assertEqual(line_of(process), "calling")
        self.assertEqual(self.breaker()["permits"], 1)
        finish(process, SIGKILL)
        deadline = time.monotonic() + PATIENCE
        while self.breaker()["permits"]:
            self.assertLess(time.monotonic(), deadline)

    def test_what_ends_in_time_gives_its_value_and_its_exception(self) -> None:
        self.assertEqual(mend.guard(breaker=self.name, timeout=PATIENCE)(lambda: 5)(), 5)
        with self.assertRaises(ConnectionRefusedError):
            mend.guard(breaker=self.name, timeout=PATIENCE)(self.refuse)()

    def test_coroutines_are_guarded_and_cancelled_after_their_time(self) -> None:
        ended: List[str] = []

        @mend.guard(breaker=self.name, timeout=0.02, fallback="late")
        async def call() -> str:
            try:
                await asyncio.sleep(PATIENCE)
            finally:
                ended.append("cancelled")
            return "never"

        @mend.guard(breaker=f"{self.name}-other", timeout=PATIENCE)
        async def quick() -> str:
            return "quick"

        self.assertEqual(done(call()), "late")
        self.assertEqual(done(call()), "late")
        self.assertEqual(ended, ["cancelled"])
        self.assertEqual(done(quick()), "quick")

    def test_a_cancelled_coroutine_gives_its_permit_back(self) -> None:
        started = asyncio.Event

        async def main() -> None:
            running = started()

            @mend.guard(breaker=self.name)
            async def call() -> None:
                running.set()
                await asyncio.sleep(PATIENCE)

            task = asyncio.ensure_future(call())
            await running.wait()
            task.cancel()
            with self.assertRaises(asyncio.CancelledError):
                await task

        done(main())
        self.assertEqual((self.breaker()["permits"], self.breaker()["state"]), (0, "closed"))

    def test_without_a_daemon_calls_are_made_or_fail_as_was_asked_for(self) -> None:
        mend.configure(socket="/nowhere/mend.sock", spool=False)
        with self.assertLogs("mend", "WARNING"):
            self.assertEqual(mend.guard(breaker="b")(lambda: 1)(), 1)
        with self.assertRaises(mend.Unreachable):
            mend.guard(breaker="b", if_unavailable="fail")(lambda: 1)()
        with self.assertRaises(ValueError):
            mend.guard(breaker="b", if_unavailable="perhaps")

    def test_a_later_attempt_is_counted_as_a_retry(self) -> None:
        self.client.breaker.configure(self.name, failure_threshold=10)

        @mend.retry(policy=FAST, service=self.name)
        @mend.guard(breaker=self.name)
        def fails() -> None:
            self.refuse()

        with self.assertRaises(ConnectionRefusedError):
            fails()
        self.assertEqual(self.breaker()["retries"], 2)

    def test_an_outcome_that_cannot_be_recorded_takes_nothing_from_the_result(self) -> None:
        real = mend.Client.do

        def lost(client: mend.Client, call: Any) -> Any:
            if call.method == "breaker.record":
                raise mend.ConnectionLost("gone")
            return real(client, call)

        with unittest.mock.patch.object(mend.Client, "do", lost), self.assertLogs("mend", "WARNING"):
            self.assertEqual(mend.guard(breaker=self.name)(lambda: 5)(), 5)
