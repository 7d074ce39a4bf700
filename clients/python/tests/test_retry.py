"""Retries, blocks and tasks whose errors are handled: the daemon decides."""

from __future__ import annotations

import asyncio
import contextvars
import dataclasses
import unittest.mock
from typing import Any, Dict, Iterator, List

import mend
from mend import _describe
from support import FAST, DaemonTest, violating
from test_async_client import done


class Handled(DaemonTest):
    def reports(self) -> List[Dict[str, Any]]:
        """What was reported under this test's name, the oldest first."""
        listed = self.client.call("error.list", {"service": self.name})["errors"]
        return [self.client.call("error.get", {"error": each["error"]}) for each in reversed(listed)]


class Retries(Handled):
    def test_a_transient_failure_is_tried_again_until_it_succeeds(self) -> None:
        tried: List[int] = []

        @mend.retry(policy=FAST, service=self.name, task="close-day")
        def close_day(answer: int) -> int:
            """Close the day."""
            tried.append(answer)
            if len(tried) < 3:
                raise ConnectionRefusedError(111, "refused")
            return answer

        self.assertEqual(close_day(42), 42)
        self.assertEqual((tried, close_day.__doc__), ([42] * 3, "Close the day."))
        first, second = self.reports()
        self.assertEqual((first["details"]["attempt"], second["details"]["attempt"]), (1, 2))
        self.assertEqual((first["task"], first["details"]["errno"]), ("close-day", "ECONNREFUSED"))

    def test_the_daemon_says_when(self) -> None:
        @mend.retry(policy={"strategy": "linear", "base_ms": 7000, "jitter": "none"}, service=self.name)
        def fails() -> None:
            raise ConnectionRefusedError(111, "refused")

        with unittest.mock.patch("time.sleep") as sleep, self.assertRaises(ConnectionRefusedError):
            fails()
        self.assertEqual([call.args for call in sleep.call_args_list], [(7.0,), (14.0,), (21.0,), (28.0,)])

    def test_what_no_further_try_helps_is_raised_at_once_with_its_verdict(self) -> None:
        tried: List[int] = []

        @mend.retry(policy=FAST, service=self.name)
        def fails() -> None:
            tried.append(1)
            raise ValueError("no such account")

        with self.assertRaises(ValueError) as caught:
            fails()
        self.assertEqual(len(tried), 1)
        self.assertEqual(caught.exception.mend_verdict["category"], "permanent")  # type: ignore[attr-defined]

    def test_after_the_last_attempt_the_fallback_stands_in(self) -> None:
        @mend.retry(policy=FAST, service=self.name, fallback=lambda a, b=0: ("fallback", a, b))
        def fails(a: int, b: int = 0) -> Any:
            raise ConnectionResetError("reset")

        self.assertEqual(fails(1, b=2), ("fallback", 1, 2))
        self.assertEqual(len(self.reports()), 3)

    def test_only_the_kinds_that_were_named_are_handled(self) -> None:
        @mend.retry(policy=FAST, service=self.name, on=KeyError)
        def fails() -> None:
            raise ConnectionResetError("reset")

        with self.assertRaises(ConnectionResetError):
            fails()
        self.assertEqual(self.reports(), [])

    def test_coroutines_are_tried_again_without_blocking(self) -> None:
        tried: List[int] = []

        @mend.retry(policy=FAST, service=self.name)
        async def fetch() -> int:
            tried.append(1)
            await asyncio.sleep(0)
            if len(tried) < 3:
                raise TimeoutError("too slow")
            return len(tried)

        self.assertEqual(done(fetch()), 3)
        self.assertEqual(len(self.reports()), 2)

    def test_without_a_daemon_the_failure_is_raised_as_it_was_and_reported_later(self) -> None:
        mend.configure(socket="/nowhere/mend.sock", service=self.name, spool=self.spool_path)

        @mend.retry
        def fails() -> None:
            raise ConnectionResetError("reset")

        with self.assertLogs("mend", "WARNING"), self.assertRaises(ConnectionResetError) as caught:
            fails()
        self.assertIsNone(caught.exception.mend_verdict)  # type: ignore[attr-defined]
        mend.configure(socket=self.daemon.socket, spool=self.spool_path)
        self.assertEqual(mend.flush(), 1)
        self.assertEqual([each["message"] for each in self.reports()], ["reset"])

    def test_a_breakers_retry_after_is_the_least_pause(self) -> None:
        self.client.breaker.configure(self.name, failure_threshold=1, recovery_timeout_ms=60_000)

        @mend.retry(policy={"strategy": "fixed", "base_ms": 1, "max_attempts": 2}, service=self.name)
        @mend.guard(breaker=self.name)
        def fails() -> None:
            raise ConnectionRefusedError(111, "refused")

        with self.assertRaises(ConnectionRefusedError):
            self.client.call("breaker.reset", {"breaker": self.name})
            mend.guard(breaker=self.name)(fails.__wrapped__.__wrapped__)()  # type: ignore[attr-defined]
        with unittest.mock.patch("time.sleep") as sleep, self.assertRaises(mend.BreakerOpen):
            fails()
        [call] = sleep.call_args_list
        self.assertGreater(call.args[0], 40.0)


class Tasks(Handled):
    def test_a_wrapped_task_is_reported_by_its_name_and_falls_back(self) -> None:
        def work(number: int) -> int:
            raise KeyError(number)

        wrapped = mend.wrap_task(work, task="nightly", operation="sum up", service=self.name, fallback=-1)
        self.assertEqual(wrapped(5), -1)
        [report] = self.reports()
        self.assertEqual(
            (report["task"], report["details"]["action"], report["type"]), ("nightly", "sum up", "KeyError")
        )

    def test_a_task_that_succeeds_is_as_it_was(self) -> None:
        self.assertEqual(mend.wrap_task(sorted, task="t", service=self.name)([2, 1]), [1, 2])
        self.assertEqual(self.reports(), [])


class Blocks(Handled):
    def test_an_exception_is_reported_with_stack_causes_and_context_and_raised(self) -> None:
        def read() -> None:
            raise FileNotFoundError(2, "No such file", "/etc/shop.yaml")

        with (
            self.assertRaises(RuntimeError),
            mend.errors(task="nightly", operation="close the day", service=self.name, context={"shop": 7}) as ctx,
        ):
            ctx.context["day"] = "2026-01-01"
            try:
                read()
            except OSError as error:
                raise RuntimeError("cannot close") from error
        self.assertEqual(ctx.decision, "raise")
        [report] = self.reports()
        self.assertEqual(
            (report["message"], report["type"], report["task"]), ("cannot close", "RuntimeError", "nightly")
        )
        context = report["details"]["context"]
        self.assertEqual((context["shop"], context["day"]), (7, "2026-01-01"))
        self.assertEqual(context["causes"][0]["type"], "FileNotFoundError")
        self.assertEqual(report["details"]["errno"], "ENOENT")
        stack = report["stack"] if "stack" in report else report["details"]["stack"]
        text = stack if isinstance(stack, str) else "\n".join(stack)
        self.assertIn("in read", text)
        self.assertIn("direct cause", text)

    def test_with_a_fallback_the_block_ends_here(self) -> None:
        with mend.errors(service=self.name, fallback=lambda error: f"instead of {error}") as ctx:
            raise ValueError("that")
        self.assertEqual((ctx.decision, ctx.value), ("fallback", "instead of that"))
        self.assertEqual(ctx.verdict["category"] if ctx.verdict else None, "permanent")

    def test_a_block_that_succeeds_reports_nothing(self) -> None:
        with mend.errors(service=self.name, fallback=1) as ctx:
            pass
        self.assertEqual((ctx.decision, ctx.value, self.reports()), ("done", None, []))

    def test_a_block_is_run_again_as_the_verdict_says(self) -> None:
        seen: List[int] = []
        for ctx in mend.errors(policy=FAST, service=self.name):
            with ctx:
                seen.append(ctx.number)
                if ctx.number < 3:
                    raise ConnectionResetError("reset")
        self.assertEqual(seen, [1, 2, 3])

    def test_the_last_attempt_of_a_block_raises(self) -> None:
        seen: List[int] = []
        with self.assertRaises(ConnectionResetError):
            for ctx in mend.errors(policy=FAST, service=self.name):
                with ctx:
                    seen.append(ctx.number)
                    raise ConnectionResetError("reset")
        self.assertEqual(seen, [1, 2, 3])

    def test_an_exception_that_was_reported_inside_is_not_reported_twice(self) -> None:
        with self.assertRaises(ValueError), mend.errors(service=self.name), mend.errors(service=self.name):
            raise ValueError("once")
        self.assertEqual(len(self.reports()), 1)

    def test_blocks_of_coroutines(self) -> None:
        async def main() -> List[int]:
            seen: List[int] = []
            async for ctx in mend.errors(policy=FAST, service=self.name):
                async with ctx:
                    seen.append(ctx.number)
                    if ctx.number < 2:
                        raise ConnectionResetError("reset")
            async with mend.errors(service=self.name, fallback=5) as last:
                raise ValueError("no")
            seen.append(last.value)
            return seen

        self.assertEqual(done(main()), [1, 2, 5])
        self.assertEqual([each["message"] for each in self.reports()], ["reset", "no"])

    def test_a_block_can_be_left_in_another_context(self) -> None:
        def generator() -> Iterator[None]:
            with mend.errors(service=self.name), mend.correlation("c"):
                yield

        entered = generator()
        contextvars.Context().run(lambda: next(entered))
        contextvars.Context().run(lambda: list(entered))

    def test_what_ends_the_program_is_not_handled(self) -> None:
        with self.assertRaises(SystemExit), mend.errors(service=self.name, fallback=1):
            raise SystemExit(3)
        self.assertEqual(self.reports(), [])


class Reports(Handled):
    def test_a_message_or_an_exception_can_be_reported_and_the_verdict_obeyed(self) -> None:
        verdict = mend.report("the disk is full", service=self.name, errno="ENOSPC")
        self.assertEqual(verdict["category"] if verdict else None, "resource")
        verdict = mend.report(PermissionError(13, "no"), service=self.name)
        self.assertEqual(verdict["category"] if verdict else None, "configuration")

    def test_in_a_coroutine_too(self) -> None:
        verdict = done(mend.report_async(ValueError("x"), service=self.name))
        self.assertEqual(verdict["category"], "permanent")

    def test_an_exception_whose_attributes_cannot_be_set_is_handled_like_others(self) -> None:
        @dataclasses.dataclass(frozen=True)
        class FrozenError(Exception):
            what: str

        with self.assertRaises(FrozenError), mend.errors(service=self.name) as ctx:
            raise mend.annotate(FrozenError("x"), category="data")
        self.assertEqual(ctx.verdict["category"] if ctx.verdict else None, "data")

    def test_what_a_program_knows_about_its_exception_stands(self) -> None:
        error = mend.annotate(ValueError("no credit"), category="business_logic", code="billing.no_credit")
        verdict = mend.report(error, service=self.name)
        self.assertEqual(verdict["category"] if verdict else None, "business_logic")

    def test_a_member_that_is_not_as_it_should_be_takes_nothing_from_the_report(self) -> None:
        with violating(), self.assertLogs("mend", "WARNING"):
            verdict = mend.report("x", service=self.name, category="moonlight", tags={"a": "b"}, severity="high")
        self.assertIsNotNone(verdict)
        [report] = self.reports()
        self.assertEqual(report["severity"], "high")
        self.assertEqual(report["details"]["context"], {"category": "moonlight", "tags": {"a": "b"}})

    def test_a_context_may_be_anything(self) -> None:
        mend.report("x", service=self.name, context=5)
        self.assertEqual(self.reports()[0]["details"]["context"], {"context": 5})

    def test_a_report_that_the_daemon_refuses_is_logged_and_raises_nothing(self) -> None:
        refused = unittest.mock.patch.object(mend.Client, "do", side_effect=mend.PermissionDenied("no"))
        with refused, self.assertLogs("mend", "ERROR"):
            self.assertIsNone(mend.report("x", service=self.name))

    def test_the_programs_context_is_part_of_every_report(self) -> None:
        mend.configure(socket=self.daemon.socket, service=self.name, context={"release": "1.2"}, spool=False)
        mend.report("x", context={"own": 1})
        self.assertEqual(self.reports()[0]["details"]["context"], {"release": "1.2", "own": 1})


class Described(unittest.TestCase):
    def described(self, error: BaseException) -> Dict[str, Any]:
        return mend.describe(error)

    def test_facts_are_taken_from_where_libraries_have_them(self) -> None:
        import subprocess
        import urllib.error
        from email.message import Message

        headers = Message()
        headers["Retry-After"] = "120"
        found = self.described(urllib.error.HTTPError("http://x", 503, "busy", headers, None))
        self.assertEqual((found["http_status"], found["context"]["retry_after"]), (503, "120"))
        found = self.described(subprocess.CalledProcessError(3, ["ls"], stderr=b"no such file"))
        self.assertEqual((found["exit_status"], found["stderr"]), (3, "no such file"))
        found = self.described(subprocess.CalledProcessError(-9, ["ls"]))
        self.assertEqual((found["exit_status"], found["signal"]), (137, "SIGKILL"))
        database = type("SerializationFailure", (Exception,), {"sqlstate": "40001"})
        self.assertEqual(self.described(database("x"))["sqlstate"], "40001")
        response = type("Response", (), {"status_code": 429, "headers": {"Retry-After": "3"}})()
        http = type("HTTPError", (Exception,), {"response": response})("too many")
        self.assertEqual(self.described(http)["http_status"], 429)

    def test_the_cause_tells_what_a_wrapper_does_not(self) -> None:
        try:
            try:
                raise ConnectionRefusedError(111, "refused")
            except OSError as error:
                raise RuntimeError("no database") from error
        except RuntimeError as wrapper:
            self.assertEqual(self.described(wrapper)["errno"], "ECONNREFUSED")

    def test_anything_can_be_written_as_json_and_is_bounded(self) -> None:
        import json

        class Awkward:
            def __repr__(self) -> str:
                raise RuntimeError("no")

        loop: Dict[str, Any] = {"nan": float("nan"), "bytes": b"\xff", "file": "a\udcff", "set": {1}, "odd": Awkward()}
        loop["self"] = loop
        error = ValueError("x" * 1_000_000)
        found = mend.describe(error, context={"loop": loop, "many": list(range(10_000))})
        text = json.dumps(found, allow_nan=False).encode()
        self.assertLess(len(text), 200_000)
        self.assertIn("RuntimeError", found["context"]["loop"]["odd"])

    def test_frames_of_this_library_are_left_out(self) -> None:
        mend.configure(socket="/nowhere/mend.sock", spool=False)
        kept: List[str] = []
        real = _describe.stack_of

        def keeping(error: BaseException) -> str:
            kept.append(real(error))
            return kept[-1]

        @mend.guard(breaker="b")
        def inner() -> None:
            raise ValueError("x")

        @mend.retry(fallback=lambda: None)
        def fails() -> None:
            inner()

        with unittest.mock.patch("mend._describe.stack_of", keeping), self.assertLogs("mend"):
            fails()
        [stack] = kept
        self.assertIn("in fails", stack)
        self.assertIn("in inner", stack)
        self.assertNotIn("_effects.py", stack)

    def test_an_exception_that_is_broken_itself_is_described_as_far_as_it_goes(self) -> None:
        class BrokenError(Exception):
            def __getattr__(self, name: str) -> Any:
                raise KeyError(name)

            def __str__(self) -> str:
                raise RuntimeError("no")

        found = self.described(BrokenError("x"))
        self.assertEqual(found["message"], "<its str raised RuntimeError>")

    def test_a_circle_of_causes_ends(self) -> None:
        first, second = ValueError("a"), KeyError("b")
        first.__cause__, second.__cause__ = second, first
        self.assertEqual(len(self.described(first)["context"]["causes"]), 1)
