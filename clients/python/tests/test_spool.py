"""What is kept while the daemon is away: nothing lost, nothing doubled, in order."""

from __future__ import annotations

import fcntl
import json
import os
import stat
import threading
import unittest
import unittest.mock
from typing import Any, Dict, List

import mend
from fake import FakeDaemon
from mend import _settings, _spool
from mend._spool import Spool
from support import SIGKILL, DaemonTest, finish, in_thread, line_of, validator
from test_async_client import done


class SpoolTest(DaemonTest):
    @property
    def spool(self) -> Spool:
        spool = _settings.spool()
        assert spool is not None
        return spool

    def kept(self) -> List[Dict[str, Any]]:
        with open(self.spool_path) as file:
            return [json.loads(line) for line in file]

    def messages(self) -> List[str]:
        """What was reported under this test's name, the oldest first."""
        listed = self.client.call("error.list", {"service": self.name, "limit": 1000})["errors"]
        return [each["message"] for each in reversed(listed)]

    def report(self, *messages: str) -> None:
        for message in messages:
            # Each is a problem of its own, or the group's storm would only be counted.
            mend.report(message, service=self.name, fingerprint=message)


class Away(SpoolTest):
    def setUp(self) -> None:
        super().setUp()
        self.daemon.kill()
        self.addCleanup(self.daemon.start)

    def back(self) -> None:
        self.daemon.start()
        self.addCleanup(self.daemon.kill)

    def test_reports_are_kept_and_delivered_in_order_before_the_next_one(self) -> None:
        self.report("first", "second", "third")
        self.assertEqual([each["params"]["message"] for each in self.kept()], ["first", "second", "third"])
        self.back()
        self.report("fourth")
        self.assertEqual(self.messages(), ["first", "second", "third", "fourth"])
        self.assertTrue(self.spool.is_empty)

    def test_they_tell_when_it_happened(self) -> None:
        self.report("then")
        [kept] = self.kept()
        self.back()
        self.assertEqual(mend.flush(), 1)
        [listed] = self.client.call("error.list", {"service": self.name})["errors"]
        self.assertEqual(listed["occurred_at"], kept["params"]["occurred_at"])

    def test_only_its_user_can_read_it(self) -> None:
        before = os.umask(0)
        self.addCleanup(os.umask, before)
        self.report("secret")
        self.assertEqual(stat.S_IMODE(os.stat(self.spool_path).st_mode), 0o600)

    def test_enqueues_are_kept_only_where_that_was_asked_for(self) -> None:
        with self.assertRaises(mend.Unreachable):
            mend.enqueue(self.name, 1)
        self.assertIsNone(mend.enqueue(self.name, {"n": 2}, spool=True, priority=5))
        self.assertIsNone(done(mend.enqueue_async(self.name, {"n": 3}, spool=True)))
        self.back()
        self.assertEqual(mend.flush(), 2)
        leased = self.client.queue.lease(self.name, max=5)["operations"]
        self.assertEqual([each["payload"] for each in leased], [{"n": 2}, {"n": 3}])

    def test_what_is_full_says_so_and_keeps_what_it_has(self) -> None:
        mend.configure(socket=self.daemon.socket, spool=self.spool_path, spool_max_bytes=1000)
        with self.assertRaises(mend.SpoolFull), self.assertLogs("mend", "WARNING"):
            for number in range(100):
                mend.enqueue(self.name, number, spool=True)
        kept = len(self.kept())
        self.assertLessEqual(os.stat(self.spool_path).st_size, 1000)
        self.assertGreater(kept, 2)
        with self.assertLogs("mend", "ERROR") as logged:
            self.report("lost")
        self.assertIn("a report is lost: lost", logged.output[0])
        self.back()
        self.assertEqual(mend.flush(), kept)

    def test_without_a_spool_a_report_is_lost_with_a_word(self) -> None:
        mend.configure(socket=self.daemon.socket, spool=False)
        with self.assertLogs("mend", "ERROR"):
            self.report("lost")
        with self.assertRaises(mend.Unreachable):
            mend.enqueue(self.name, 1, spool=True)

    def test_half_a_line_that_a_crash_left_is_not_in_the_way(self) -> None:
        self.report("whole")
        with open(self.spool_path, "a") as file:
            file.write('{"jsonrpc":"2.0","method":"error.rep')
        self.report("after")
        self.assertEqual([each["params"]["message"] for each in self.kept()], ["whole", "after"])
        with open(self.spool_path, "a") as file:
            file.write('{"jsonrpc":"2.0","method":"error.rep')
        self.back()
        self.assertEqual(mend.flush(), 2)
        self.assertEqual(os.stat(self.spool_path).st_size, 0)
        self.assertEqual(self.messages(), ["whole", "after"])

    def test_processes_and_threads_append_whole_lines(self) -> None:
        code = (
            "import logging, mend, sys\n"
            "logging.disable()\n"
            "mend.configure(socket='/nowhere/mend.sock', service=sys.argv[2], spool=sys.argv[1])\n"
            "for n in range(50): mend.report(f'{sys.argv[3]}-{n}', fingerprint=str(n))\n"
        )
        processes = [self.child(code, self.spool_path, self.name, str(number)) for number in range(3)]
        joins = [in_thread(lambda: self.report(*(f"thread-{n}" for n in range(20)))) for _ in range(2)]
        for process in processes:
            self.assertEqual(finish(process)[0], 0)
        for join in joins:
            join()
        messages = [each["params"]["message"] for each in self.kept()]
        self.assertEqual(len(messages), 190)
        for number in range(3):
            own = [each for each in messages if each.startswith(f"{number}-")]
            self.assertEqual(own, [f"{number}-{n}" for n in range(50)])


class Deliveries(SpoolTest):
    def keep(self, count: int) -> List[str]:
        messages = [f"report {number}" for number in range(count)]
        for message in messages:
            params = {"message": message, "service": self.name, "fingerprint": message, "occurred_at": 1}
            self.spool.append("error.report", {**params, "_meta": {"idempotency_key": f"{self.name}-{message}"}})
        return messages

    def test_a_crash_between_delivery_and_truncation_doubles_nothing(self) -> None:
        messages = self.keep(5)
        with unittest.mock.patch.object(Spool, "_cut", side_effect=KeyboardInterrupt):
            with self.assertRaises(KeyboardInterrupt):
                mend.flush()
        self.assertEqual(self.messages(), messages)
        self.assertEqual(len(self.kept()), 5)
        self.assertEqual(mend.flush(), 5)
        self.assertEqual(self.messages(), messages)
        self.assertTrue(self.spool.is_empty)

    def test_killed_in_the_middle_of_a_delivery_nothing_is_lost_or_doubled(self) -> None:
        messages = self.keep(20)
        process = self.child(
            "import mend, sys\n"
            "from mend import _connection, _spool\n"
            "_spool._AT_ONCE = 1\n"
            "real, answered = _connection.Pending.result, []\n"
            "def result(self, timeout=None):\n"
            "    answer = real(self, timeout)\n"
            "    answered.append(1)\n"
            "    if len(answered) == 7: print('seven', flush=True); sys.stdin.read()\n"
            "    return answer\n"
            "_connection.Pending.result = result\n"
            "mend.configure(spool=sys.argv[1])\n"
            "mend.flush()\n",
            self.spool_path,
        )
        self.assertEqual(line_of(process), "seven")
        self.assertEqual(mend.flush(), 0, "another process delivers")
        finish(process, SIGKILL)
        self.assertEqual(mend.flush(), 20)
        self.assertEqual(self.messages(), messages)

    def test_a_daemon_that_is_killed_in_the_middle_gets_the_rest_later(self) -> None:
        messages = self.keep(10)
        real, answered = mend.Pending.result, []

        def result(pending: mend.Pending, timeout: Any = None) -> Any:
            answer = real(pending, timeout)
            answered.append(1)
            if len(answered) == 4:
                self.daemon.kill()
            return answer

        with unittest.mock.patch.object(mend.Pending, "result", result):
            with unittest.mock.patch.object(_spool, "_AT_ONCE", 1), self.assertRaises(mend.MendError):
                mend.flush()
        self.assertEqual(len(self.kept()), 6)
        self.daemon.start()
        self.assertEqual(mend.flush(), 6)
        self.assertEqual(self.messages(), messages)

    def test_what_was_kept_takes_no_correlation_of_who_delivers(self) -> None:
        with mend.correlation(f"{self.name}-own"):
            call = mend.call("queue.enqueue", queue=self.name, payload=1)
            self.spool.append(call.method, call.full_params({}))
        self.spool.append("queue.enqueue", {"queue": self.name, "payload": 2})
        with mend.correlation(f"{self.name}-other"):
            self.assertEqual(mend.flush(), 2)
        first, second = self.client.queue.lease(self.name, max=2)["operations"]
        self.assertEqual((first["correlation"], "correlation" in second), (f"{self.name}-own", False))

    def test_what_comes_while_it_is_delivered_is_delivered_too(self) -> None:
        messages = self.keep(3)
        real, late = Spool._cut, ["late"]

        def cut(spool: Spool, offset: int, *, whole: bool) -> bool:
            for message in late[:]:
                late.clear()
                self.spool.append("error.report", {"message": message, "service": self.name})
            return real(spool, offset, whole=whole)

        with unittest.mock.patch.object(Spool, "_cut", cut):
            self.assertEqual(mend.flush(), 4)
        self.assertEqual(self.messages(), [*messages, "late"])
        self.assertTrue(self.spool.is_empty)

    def test_one_delivers_at_a_time_and_nobody_waits_for_it(self) -> None:
        self.keep(2)
        with open(self.spool_path + ".lock", "w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            self.assertEqual(mend.flush(), 0)
            verdict = mend.report("now", service=self.name)
        self.assertIsNotNone(verdict)
        self.assertEqual(self.messages(), ["now"])
        self.assertEqual(mend.flush(), 2)

    def test_what_is_refused_for_good_is_set_aside_and_holds_up_nothing(self) -> None:
        self.addCleanup(validator.violations.clear)
        self.keep(1)
        with open(self.spool_path, "a") as file:
            file.write('this is no JSON\n[]\n{"method":"queue.enqueue","params":[]}\n')
        self.spool.append("queue.enqueue", {"queue": "no such name!", "payload": 1})
        self.spool.append("error.report", {"message": "last", "service": self.name})
        with self.assertLogs("mend", "ERROR") as logged:
            self.assertEqual(mend.flush(), 6)
        self.assertEqual(len(logged.output), 4)
        self.assertEqual(self.messages(), ["report 0", "last"])
        with open(self.spool.rejected_path) as rejected:
            lines = [json.loads(line) for line in rejected]
        self.assertEqual(lines[0]["line"], "this is no JSON")
        self.assertIn("queue must be", lines[3]["why"])

    def test_what_may_be_taken_later_stays(self) -> None:
        self.client.queue.configure(self.name, max_size=1)
        self.client.queue.enqueue(self.name, 0)
        self.spool.append("queue.enqueue", {"queue": self.name, "payload": 1})
        with self.assertRaises(mend.QueueFull):
            mend.flush()
        self.client.queue.configure(self.name, max_size=None)
        self.assertEqual(mend.flush(), 1)
        self.assertEqual(self.counts(self.name), {"ready": 2})

    def test_a_report_whose_answer_was_lost_is_kept_with_the_key_that_it_was_sent_with(self) -> None:
        path = os.path.join(self.daemon.place, "fake.sock")
        fake = FakeDaemon(path, lambda request: None)
        self.addCleanup(fake.close)
        mend.configure(socket=path, spool=self.spool_path)
        with self.assertLogs("mend", "WARNING"):
            self.assertIsNone(mend.report("x", service=self.name))
        [kept] = self.kept()
        self.assertEqual([request["params"] for request in fake.requests], [kept["params"]] * 2)
        self.assertEqual(len(kept["params"]["_meta"]["idempotency_key"]), 32)

    def test_what_cannot_be_delivered_now_takes_no_verdict_from_anyone(self) -> None:
        self.client.queue.configure(self.name, max_size=1)
        self.client.queue.enqueue(self.name, 0)
        self.spool.append("queue.enqueue", {"queue": self.name, "payload": 1})
        with self.assertLogs("mend", "ERROR"):
            self.assertIsNotNone(mend.report("now", service=self.name))
        with unittest.mock.patch.object(Spool, "deliver", side_effect=PermissionError(13, "no")):
            with self.assertLogs("mend", "ERROR"):
                self.assertIsNotNone(mend.report("then", service=self.name))
        self.assertEqual(self.messages(), ["now", "then"])
        self.assertEqual(len(self.kept()), 1)

    def test_an_asyncio_program_delivers_without_blocking_its_loop(self) -> None:
        messages = self.keep(3)
        threads: List[str] = []
        real = Spool.deliver

        def deliver(spool: Spool, client: mend.Client) -> int:
            threads.append(threading.current_thread().name)
            return real(spool, client)

        with unittest.mock.patch.object(Spool, "deliver", deliver):
            done(mend.report_async("now", service=self.name))
        self.assertNotEqual(threads, [threading.main_thread().name])
        self.assertEqual(self.messages(), [*messages, "now"])


class Places(unittest.TestCase):
    def test_it_is_where_state_belongs(self) -> None:
        with unittest.mock.patch.dict(os.environ, {"XDG_STATE_HOME": "/state"}):
            self.assertEqual(_spool.default_path(), "/state/mend/python.jsonl")
        with unittest.mock.patch.dict(os.environ, {"HOME": "/home/u"}):
            os.environ.pop("XDG_STATE_HOME", None)
            with unittest.mock.patch("os.geteuid", return_value=1000):
                self.assertEqual(_spool.default_path(), "/home/u/.local/state/mend/python.jsonl")
            with unittest.mock.patch("os.geteuid", return_value=0):
                self.assertEqual(_spool.default_path(), "/var/spool/mend/python.jsonl")
