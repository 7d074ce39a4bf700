"""The blocking client: errors, threads, forks, connections that end."""

from __future__ import annotations

import os
import pickle
import tempfile
import unittest
import unittest.mock
from typing import Any, Dict, List, Optional, Type

import mend
from fake import FakeDaemon, result
from mend import _exceptions, _socket
from mend._client import Client
from support import PATIENCE, SIGKILL, DaemonTest, finish, in_thread, line_of, validator, violating


class Calls(DaemonTest):
    def test_every_method_can_be_called_by_its_name(self) -> None:
        self.assertEqual(self.client.call("system.health"), {"status": "ok", "problems": []})
        self.client.queue.enqueue(self.name, 1)
        listed = self.client.call("queue.list", {"queue": self.name})
        self.assertEqual([each["state"] for each in listed["operations"]], ["ready"])

    def test_each_message_is_held_against_the_document(self) -> None:
        requests, answers = validator.requests, validator.answers
        self.client.system.ping()
        self.assertEqual((validator.requests, validator.answers), (requests + 1, answers + 1))
        with violating(), self.assertRaises(mend.InvalidParams):
            self.client.call("queue.enqueue", {"queue": "q", "payload": 1, "max_attemps": 3})

    def test_the_messages_of_other_processes_are_held_against_it_too(self) -> None:
        process = self.child(
            "import mend\n"
            "try: mend.client().call('queue.enqueue', {'queue': 'q', 'payload': 1, 'max_attemps': 3})\n"
            "except mend.InvalidParams: pass\n"
        )
        status, _, err = finish(process)
        self.assertEqual(status, 9)
        self.assertIn("max_attemps", err)

    def test_the_families_that_programs_use(self) -> None:
        client, name = self.client, self.name
        self.assertEqual(client.system.hello()["wire"], 1)
        self.assertEqual(client.system.health()["status"], "ok")
        self.assertIn("operations", client.system.status())
        client.queue.configure(name, lease_ms=5000)
        operation = client.queue.enqueue(name, {"n": 1}, key="one", policy="network")["operation"]
        self.assertTrue(client.queue.enqueue(name, {"n": 1}, key="one")["deduplicated"])
        [leased] = client.queue.lease(name, max=5, worker="w", hold="connection")["operations"]
        self.assertEqual(leased["payload"], {"n": 1})
        client.queue.extend(operation, leased["lease"], lease_ms=60_000)
        self.assertEqual(client.queue.release(operation, leased["lease"])["state"], "ready")
        [leased] = client.queue.lease([name])["operations"]
        self.assertEqual(client.queue.snooze(operation, leased["lease"], delay_ms=0)["state"], "ready")
        [leased] = client.queue.lease([name])["operations"]
        failed = client.queue.fail(operation, leased["lease"], {"message": "no", "category": "permanent"})
        self.assertEqual((failed["state"], failed["verdict"]["retry"]["allowed"]), ("dead", False))
        self.assertEqual(client.queue.wait(operation, wait_ms=0)["state"], "dead")
        self.assertEqual(client.queue.get(operation)["state"], "dead")
        self.assertEqual(self.counts(name), {"dead": 1})
        other = client.queue.enqueue(name, 2)["operation"]
        [leased] = client.queue.lease(name)["operations"]
        self.assertEqual(client.queue.complete(other, leased["lease"], result=None)["state"], "done")
        third = client.queue.enqueue(name, 3)["operation"]
        self.assertEqual(client.queue.cancel(third)["state"], "cancelled")
        self.assertIn("why", client.system.explain(f"op:{operation}"))
        self.assertTrue(client.system.timeline(since_at=0, limit=5)["entries"])
        self.assertEqual(client.error.classify({"message": "x", "errno": "ENOSPC"})["category"], "resource")
        self.assertEqual(client.error.report("x", category="data")["category"], "data")
        client.breaker.configure(name, failure_threshold=1)
        permit = client.breaker.acquire(name, hold="connection")["permit"]
        self.assertEqual(client.breaker.record(permit, "failure", duration_ms=1)["state"], "open")
        self.assertEqual(client.breaker.get(name)["state"], "open")
        transaction = client.transaction.begin(name, timeout_ms=60_000, hold="connection")["transaction"]
        step = client.transaction.step(transaction, "one", undo={"queue": f"{name}-undo", "payload": 1})["step"]
        self.assertEqual(client.transaction.confirm(transaction, step)["state"], "confirmed")
        self.assertEqual(client.transaction.rollback(transaction, to_step=step)["state"], "active")
        self.assertEqual(client.transaction.wait(transaction, wait_ms=0)["state"], "active")
        self.assertEqual(client.transaction.commit(transaction)["state"], "committed")
        self.assertEqual(client.transaction.get(transaction)["info"]["state"], "committed")
        self.assertEqual(client.events.list(limit=1)["events"][0]["event"], 1)

    def test_an_error_has_what_programs_need_and_a_class_of_its_own(self) -> None:
        with violating(), self.assertRaises(mend.InvalidParams) as caught:
            self.client.call("queue.enqueue", {"queue": "q", "payload": 1, "max_attemps": 3})
        error = caught.exception
        self.assertEqual((error.reason, error.retryable, error.field), ("invalid_params", False, "max_attemps"))
        self.assertIn("max_attempts", str(error))
        self.client.queue.configure(self.name, max_size=1)
        self.client.queue.enqueue(self.name, 1)
        with self.assertRaises(mend.QueueFull) as full:
            self.client.queue.enqueue(self.name, 2)
        self.assertTrue(full.exception.retryable)
        with self.assertRaises(mend.NotFound):
            self.client.queue.get(1 << 40)
        with violating(), self.assertRaises(mend.MethodNotFound):
            self.client.call("system.pin")

    def test_an_idempotency_key_makes_two_calls_one(self) -> None:
        first = self.client.queue.enqueue(self.name, 1, idempotency_key=self.name)
        self.assertEqual(self.client.queue.enqueue(self.name, 1, idempotency_key=self.name), first)
        with self.assertRaises(mend.IdempotencyMismatch):
            self.client.with_options(idempotency_key=self.name).queue.enqueue(self.name, 2)

    def test_a_view_has_options_of_its_own_on_the_same_connection(self) -> None:
        before = self.client.system.status()["connections"]
        dry = self.client.with_options(dry_run=True)
        dry.queue.enqueue(self.name, 1)
        self.assertEqual(self.client.call("queue.list", {"queue": self.name})["operations"], [])
        self.assertEqual(dry.system.status()["connections"], before)

    def test_calls_of_a_block_carry_its_correlation(self) -> None:
        with mend.correlation(self.name):
            operation = self.client.queue.enqueue(self.name, 1)["operation"]
        self.assertEqual(self.client.queue.get(operation)["correlation"], self.name)
        later = self.client.queue.enqueue(self.name, 1)["operation"]
        self.assertNotIn("correlation", self.client.queue.get(later))

    def test_a_correlation_that_is_no_name_is_refused_at_once(self) -> None:
        with self.assertRaises(ValueError), mend.correlation("not a name"):
            self.fail("it was taken")

    def test_many_calls_can_be_under_way_at_once(self) -> None:
        calls = [self.client.start(mend.call("queue.enqueue", queue=self.name, payload=n)) for n in range(300)]
        numbers = [call.result(PATIENCE)["operation"] for call in calls]
        self.assertEqual(numbers, sorted(set(numbers)))
        self.assertEqual(self.counts(self.name), {"ready": 300})


class Threads(DaemonTest):
    def test_a_thread_that_waits_holds_up_no_other_one(self) -> None:
        waiting = [in_thread(lambda: self.client.queue.lease(self.name, wait_ms=60_000)) for _ in range(3)]
        # Only what the waits have asked for can end them.
        for number in range(3):
            self.client.queue.enqueue(self.name, number)
        payloads = sorted(join()["operations"][0]["payload"] for join in waiting)
        self.assertEqual(payloads, [0, 1, 2])

    def test_each_thread_gets_its_own_answers(self) -> None:
        def work(number: int) -> List[int]:
            found = []
            for each in range(40):
                operation = self.client.queue.enqueue(f"{self.name}-{number}", [number, each])["operation"]
                found.append(self.client.queue.get(operation)["payload"] == [number, each])
            return found

        joins = [in_thread(lambda number=number: work(number)) for number in range(8)]  # type: ignore[misc]
        for join in joins:
            self.assertEqual(join(), [True] * 40)
        self.assertEqual(self.client.system.status()["connections"], 1)

    def test_a_wait_can_be_ended_from_another_thread(self) -> None:
        pending = self.client.start(mend.call("queue.lease", queues=[self.name], wait_ms=60_000))
        join = in_thread(lambda: pending.result(PATIENCE))
        pending.cancel()
        with self.assertRaises(mend.Cancelled):
            join()

    def test_closing_the_client_ends_all_waits(self) -> None:
        client = Client(self.daemon.socket)
        pendings = [client.start(mend.call("queue.lease", queues=[self.name], wait_ms=60_000)) for _ in range(2)]
        joins = [in_thread(lambda pending=pending: pending.result(PATIENCE)) for pending in pendings]  # type: ignore[misc]
        client.close()
        for join in joins:
            with self.assertRaises(mend.ConnectionLost):
                join()
        self.assertEqual(client.system.health()["status"], "ok")
        client.close()


class Forks(DaemonTest):
    def test_a_forked_child_has_a_connection_of_its_own_and_the_parents_lives_on(self) -> None:
        self.client.queue.enqueue(self.name, 1)
        self.client.queue.enqueue(self.name, 2)
        [leased] = self.client.queue.lease(self.name, hold="connection")["operations"]
        waiting = in_thread(lambda: self.client.queue.lease(f"{self.name}-other", wait_ms=60_000))
        pid = os.fork()
        if pid == 0:
            status = 1
            try:
                # The parent's lease would be found here if the connection were the same, or had ended.
                [own] = self.client.queue.lease(self.name, hold="connection")["operations"]
                self.client.queue.complete(own["operation"], own["lease"])
                self.client.queue.enqueue(f"{self.name}-other", "from the child")
                status = 0 if own["payload"] == 2 else 2
            finally:
                os._exit(status)
        self.assertEqual(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), 0)
        self.assertEqual(waiting()["operations"][0]["payload"], "from the child")
        self.assertEqual(self.client.queue.complete(leased["operation"], leased["lease"])["state"], "done")

    def test_a_lock_that_another_thread_had_at_the_fork_does_not_stop_the_child(self) -> None:
        self.client.system.ping()
        connection = self.client._link.connection()
        with self.client._link._lock, connection._sending:
            pid = os.fork()
            if pid == 0:
                status = 1
                try:
                    in_thread(self.client.system.ping)()
                    status = 0
                finally:
                    os._exit(status)
            self.assertEqual(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), 0)

    def test_what_a_process_holds_ends_with_it_though_its_child_lives(self) -> None:
        self.client.queue.enqueue(self.name, 1)
        process = self.child(
            "import mend, os, sys, time\n"
            "pending = mend.client().start(mend.call('queue.lease', queues=[sys.argv[1]], hold='connection'))\n"
            "pending.result()\n"
            "pid = os.fork()\n"
            "if pid == 0: print('child', flush=True); sys.stdin.read()\n"
            "else: os.waitpid(pid, 0)\n",
            self.name,
        )
        self.assertEqual(line_of(process), "child")
        process.send_signal(SIGKILL)
        [leased] = self.client.queue.lease(self.name, wait_ms=int(PATIENCE * 1000))["operations"]
        self.assertEqual(leased["payload"], 1)


class Connections(unittest.TestCase):
    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.path = os.path.join(folder.name, "s")
        # A daemon that misbehaves does not keep to the document.
        self.addCleanup(validator.violations.clear)

    def fake(self, script: Any, greeting: bytes = b"") -> FakeDaemon:
        fake = FakeDaemon(self.path, script, greeting)
        self.addCleanup(fake.close)
        return fake

    def client(self, timeout: Optional[float] = PATIENCE) -> Client:
        client = Client(self.path, timeout=timeout)
        self.addCleanup(client.close)
        return client

    def test_no_daemon_is_told_with_the_socket_and_a_hint(self) -> None:
        with self.assertRaises(mend.Unreachable) as caught:
            self.client().system.ping()
        self.assertIn(self.path, str(caught.exception))
        self.assertIn("MEND_SOCKET", str(caught.exception.hint))
        self.assertTrue(caught.exception.retryable)

    def test_a_lost_answer_is_told_and_nothing_is_sent_again(self) -> None:
        fake = self.fake(lambda request: None)
        with self.assertRaises(mend.ConnectionLost):
            self.client().queue.enqueue("q", 1)
        self.assertEqual(len(fake.requests), 1)

    def test_a_call_with_a_key_is_sent_again_when_its_answer_was_lost(self) -> None:
        def script(request: Dict[str, Any]) -> Optional[bytes]:
            return None if len(fake.requests) == 1 else result(request, operation=7, deduplicated=False)

        fake = self.fake(script)
        self.assertEqual(self.client().queue.enqueue("q", 1, idempotency_key="k")["operation"], 7)
        first, second = fake.requests
        self.assertEqual(first["params"], second["params"])

    def test_a_call_of_which_nothing_was_sent_goes_on_another_connection(self) -> None:
        fake = self.fake(lambda request: result(request, queues=[]))
        client = self.client()
        client.queue.stats()
        connection = client._link.connection()
        real = connection.send

        def ended(*arguments: Any) -> mend.Pending:
            # It ends after it was looked at.
            connection.close()
            return real(*arguments)

        with unittest.mock.patch.object(connection, "send", ended):
            self.assertEqual(client.queue.stats(), {"queues": []})
        self.assertEqual((fake.connections, len(fake.requests)), (2, 2))

    def test_an_answer_that_was_lost_stays_unknown_though_the_daemon_is_away_now(self) -> None:
        def script(request: Dict[str, Any]) -> Optional[bytes]:
            fake.close()
            return None

        fake = FakeDaemon(self.path, script)
        with self.assertRaises(mend.ConnectionLost):
            self.client().queue.enqueue("q", 1, idempotency_key="k")

    def test_a_connection_that_ended_while_idle_is_made_anew(self) -> None:
        def script(request: Dict[str, Any]) -> Optional[bytes]:
            return result(request, queues=[]) if "id" in request else None

        fake = self.fake(script)
        client = self.client()
        client.queue.stats()
        client._link.connection().notify("system.ping", {})
        self.assertTrue(fake.closed.wait(PATIENCE))
        self.assertEqual(client.queue.stats(), {"queues": []})
        self.assertEqual(fake.connections, 2)

    def test_a_late_answer_ends_the_call_and_not_the_connection(self) -> None:
        def script(request: Dict[str, Any]) -> Optional[bytes]:
            held.append(request)
            return b"" if len(held) == 1 else result(held[0], late=1) + result(request, now_at=2)

        held: List[Dict[str, Any]] = []
        fake = self.fake(script)
        client = self.client(timeout=None)
        with self.assertRaises(mend.CallTimeout):
            client.with_options(timeout=0.01).queue.stats()
        self.assertEqual(client.system.ping(), {"now_at": 2})
        self.assertEqual(fake.connections, 1)

    def test_who_is_refused_is_told_why(self) -> None:
        line = (
            b'{"jsonrpc":"2.0","id":null,"error":{"code":-32013,"message":"512 connections","data":'
            b'{"reason":"too_many_connections","retryable":true}}}\n'
        )
        self.fake(lambda request: b"", greeting=line)
        with self.assertRaises(mend.TooManyConnections):
            self.client().queue.stats()

    def test_what_is_no_answer_is_told(self) -> None:
        self.fake(lambda request: b"HTTP/1.1 400 Bad Request\r\n")
        with self.assertRaises(mend.ProtocolViolation):
            self.client().queue.stats()

    def test_an_answer_that_is_none_is_told_whatever_it_is(self) -> None:
        def answer(request: Dict[str, Any]) -> bytes:
            return lies[-1].replace(b"ID", str(request["id"]).encode()) + b"\n"

        lies = [
            b"[" * 200_000,
            b'{"id":[],"result":{}}',
            b'{"id":{},"result":{}}',
            b'{"id":true,"result":{}}',
            b'{"id":ID,"error":"no"}',
            b'{"id":ID,"error":null}',
            b'{"id":null,"error":7}',
            b'{"id":ID,"result":[]}',
        ]
        self.fake(answer)
        while lies:
            with self.subTest(lies[-1][:40]), self.assertRaises(mend.ProtocolViolation):
                self.client().queue.stats()
            lies.pop()

    def test_a_daemon_that_was_restarted_is_found_again(self) -> None:
        fake = FakeDaemon(self.path, lambda request: result(request, now_at=1))
        client = self.client()
        client.system.ping()
        client.close()
        fake.close()
        with self.assertRaises(mend.Unreachable):
            client.system.ping()
        self.fake(lambda request: result(request, now_at=2))
        self.assertEqual(client.system.ping(), {"now_at": 2})


class Restarts(DaemonTest):
    def test_the_next_call_after_a_crash_and_a_restart_goes_through(self) -> None:
        self.client.queue.enqueue(self.name, 1)
        self.daemon.kill()
        with self.assertRaises(mend.Unreachable):
            self.client.queue.enqueue(self.name, 2)
        self.daemon.start()
        self.client.queue.enqueue(self.name, 3)
        self.assertEqual(self.counts(self.name), {"ready": 2})

    def test_a_lease_survives_the_daemon_where_it_is_presented_again(self) -> None:
        operation = self.client.queue.enqueue(self.name, 1)["operation"]
        [leased] = self.client.queue.lease(self.name, hold="connection")["operations"]
        self.daemon.kill()
        self.daemon.start()
        self.client.queue.extend(operation, leased["lease"])
        self.assertEqual(self.client.queue.complete(operation, leased["lease"])["state"], "done")

    def test_who_follows_goes_on_where_it_was(self) -> None:
        self.client.queue.enqueue(self.name, 1)
        with self.client.events.follow(kinds=["operator.*"]) as events:
            self.assertIn("operations", events.snapshot)
            self.client.call("queue.pause", {"queue": self.name})
            first = events.next_event(PATIENCE)
            self.daemon.kill()
            self.daemon.start()
            self.client.call("queue.resume", {"queue": self.name})
            second = events.next_event(PATIENCE)
        assert first is not None
        assert second is not None
        self.assertEqual((first["queue"], second["queue"]), (self.name, self.name))
        self.assertGreater(second["event"], first["event"])

    def test_following_gives_nothing_where_nothing_comes(self) -> None:
        with self.client.events.follow(kinds=["space.*"]) as events:
            self.assertIsNone(events.next_event(0.01))


class Pickles(unittest.TestCase):
    def test_errors_survive_pickling_with_all_that_they_say(self) -> None:
        found = [each for each in vars(_exceptions).values() if isinstance(each, type)]
        kinds: List[Type[mend.MendError]] = [each for each in found if issubclass(each, mend.MendError)]
        self.assertGreater(len(kinds), 25)
        for kind in kinds:
            error = kind("what", field="f", hint="h", retry_after_ms=5, code=-1, data={"a": 1})
            copy = pickle.loads(pickle.dumps(error))
            self.assertIs(type(copy), kind)
            self.assertEqual(vars(copy), vars(error))
            self.assertEqual(str(copy), str(error))
            self.assertEqual(copy.reason, kind.reason)

    def test_clients_survive_pickling_without_their_connection(self) -> None:
        client = pickle.loads(pickle.dumps(Client("/nowhere", timeout=3.0).with_options(correlation="c")))
        self.assertEqual((client.socket, client.timeout, client._meta), ("/nowhere", 3.0, {"correlation": "c"}))
        other = pickle.loads(pickle.dumps(mend.AsyncClient("/nowhere", timeout=3.0).with_options(correlation="c")))
        self.assertEqual((other.socket, other.timeout, other._meta), ("/nowhere", 3.0, {"correlation": "c"}))


class Paths(unittest.TestCase):
    def test_the_socket_is_looked_for_as_mend_does(self) -> None:
        with tempfile.TemporaryDirectory() as folder:
            own = os.path.join(folder, "mend", "mend.sock")
            environment = {"MEND_SOCKET": "/named", "XDG_RUNTIME_DIR": folder}
            self.assertEqual(_socket.resolve("/explicit", environment), "/explicit")
            self.assertEqual(_socket.resolve(None, environment), "/named")
            environment["MEND_SOCKET"] = ""
            self.assertEqual(_socket.resolve(None, environment), _socket.SYSTEM_SOCKET)
            os.mkdir(os.path.dirname(own))
            with open(own, "w"):
                expected = _socket.SYSTEM_SOCKET if os.geteuid() == 0 else own
                self.assertEqual(_socket.resolve("", environment), expected)
            with unittest.mock.patch("os.geteuid", return_value=1000):
                self.assertEqual(_socket.resolve(None, environment), own)


class Waits(DaemonTest):
    def test_what_the_daemon_is_asked_to_wait_is_beside_the_timeout(self) -> None:
        client = self.client.with_options(timeout=5.0)
        operation = client.queue.enqueue(self.name, 1)["operation"]
        client.queue.cancel(operation)
        with unittest.mock.patch.object(mend.Pending, "result", autospec=True, return_value={}) as result_of:
            client.queue.wait(operation)
            client.queue.wait(operation, wait_ms=2000)
            client.queue.get(operation)
        timeouts = [call.args[1] for call in result_of.call_args_list]
        for timeout, expected in zip(timeouts, (65.0, 7.0, 5.0)):
            self.assertAlmostEqual(timeout, expected, delta=1.0)
        self.client.close()
