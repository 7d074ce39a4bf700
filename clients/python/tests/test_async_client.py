"""The asyncio client."""

from __future__ import annotations

import asyncio
import os
import tempfile
import unittest
import unittest.mock
from typing import Any, Callable, Coroutine, List

import mend
from fake import FakeDaemon, result
from mend._async_connection import AsyncConnection
from support import PATIENCE, SIGKILL, DaemonTest, in_thread, line_of, validator, violating


def done(coroutine: Coroutine[Any, Any, Any]) -> Any:
    """Run a coroutine; what hangs has failed."""
    return asyncio.run(asyncio.wait_for(coroutine, PATIENCE))


class AsyncCalls(DaemonTest):
    def test_the_families_that_programs_use(self) -> None:
        async def main() -> None:
            async with mend.AsyncClient(self.daemon.socket) as client:
                self.assertEqual((await client.system.hello())["wire"], 1)
                operation = (await client.queue.enqueue(self.name, {"n": 1}))["operation"]
                [leased] = (await client.queue.lease(self.name, hold="connection"))["operations"]
                await client.queue.complete(operation, leased["lease"], result={"ok": True})
                self.assertEqual((await client.queue.wait(operation))["result"], {"ok": True})
                self.assertTrue((await client.breaker.acquire(self.name))["granted"])
                self.assertEqual((await client.error.report("x", category="data"))["category"], "data")
                self.assertEqual((await client.call("system.health"))["status"], "ok")
                begun = await client.transaction.begin(self.name)
                self.assertEqual((await client.transaction.commit(begun["transaction"]))["state"], "committed")
                self.assertTrue((await client.events.list(limit=1))["events"])

        done(main())

    def test_errors_are_the_same(self) -> None:
        async def main() -> None:
            client = mend.AsyncClient(self.daemon.socket)
            with self.assertRaises(mend.NotFound):
                await client.queue.get(1 << 40)
            with violating(), self.assertRaises(mend.InvalidParams):
                await client.call("queue.enqueue", {"queue": "q", "payload": 1, "colour": "red"})
            await client.close()
            with self.assertRaises(mend.Unreachable):
                await mend.AsyncClient("/nowhere/mend.sock").system.ping()

        done(main())

    def test_a_task_that_waits_holds_up_no_other_one(self) -> None:
        async def main() -> None:
            async with mend.AsyncClient(self.daemon.socket) as client:
                waits = [asyncio.ensure_future(client.queue.lease(self.name, wait_ms=60_000)) for _ in range(20)]
                for number in range(20):
                    await client.queue.enqueue(self.name, number)
                answers = await asyncio.gather(*waits)
                self.assertEqual(sorted(each["operations"][0]["payload"] for each in answers), list(range(20)))
                self.assertEqual((await client.system.status())["connections"], 1)

        done(main())

    def test_a_cancelled_wait_takes_nothing_from_the_queue(self) -> None:
        async def main() -> None:
            async with mend.AsyncClient(self.daemon.socket) as client:
                await client.system.ping()
                for _ in range(5):
                    wait = asyncio.ensure_future(client.queue.lease(self.name, wait_ms=60_000, hold="connection"))
                    await asyncio.sleep(0)
                    await client.system.ping()
                    wait.cancel()
                    with self.assertRaises(asyncio.CancelledError):
                        await wait
                await client.queue.enqueue(self.name, 1)
                [leased] = (await client.queue.lease(self.name))["operations"]
                self.assertEqual((leased["payload"], leased["attempt"]), (1, 1))

        done(main())

    def test_what_was_leased_for_a_cancelled_task_is_put_back(self) -> None:
        async def main() -> None:
            async with mend.AsyncClient(self.daemon.socket) as client:
                await client.queue.enqueue(self.name, 1)
                wait = asyncio.ensure_future(client.queue.lease(self.name, wait_ms=60_000, lease_ms=60_000))
                # Sent, and cancelled before this task has seen the answer that is on its way.
                for _ in range(3):
                    await asyncio.sleep(0)
                wait.cancel()
                answers: List[Any] = await asyncio.gather(wait, return_exceptions=True)
                if isinstance(answers[0], asyncio.CancelledError):
                    [leased] = (await client.queue.lease(self.name, wait_ms=60_000))["operations"]
                    self.assertEqual((leased["payload"], leased["attempt"]), (1, 1))

        done(main())

    def test_a_client_is_of_use_in_any_loop(self) -> None:
        client = mend.AsyncClient(self.daemon.socket)

        async def once() -> None:
            await asyncio.gather(*(client.system.ping() for _ in range(5)))

        done(once())
        done(once())

    def test_all_waits_end_with_the_connection(self) -> None:
        async def main() -> None:
            client = mend.AsyncClient(self.daemon.socket)
            wait = asyncio.ensure_future(client.queue.lease(self.name, wait_ms=60_000))
            await client.system.ping()
            await client.close()
            with self.assertRaises(mend.ConnectionLost):
                await wait

        done(main())

    def test_a_forked_child_begins_anew(self) -> None:
        async def main() -> int:
            client = mend.AsyncClient(self.daemon.socket)
            await client.queue.enqueue(self.name, 1)
            [leased] = (await client.queue.lease(self.name, hold="connection"))["operations"]
            pid = os.fork()
            if pid == 0:
                status = 1
                try:
                    status = in_thread(lambda: asyncio.run(child(client)))()
                finally:
                    os._exit(status)
            status = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
            await client.queue.complete(leased["operation"], leased["lease"])
            await client.close()
            return status

        async def child(client: mend.AsyncClient) -> int:
            answer = await client.queue.lease(self.name)
            return 0 if answer["operations"] == [] else 3

        self.assertEqual(done(main()), 0)

    def test_what_a_process_holds_ends_with_it_though_its_child_lives(self) -> None:
        self.client.queue.enqueue(self.name, 1)
        process = self.child(
            "import asyncio, mend, os, sys\n"
            "async def main():\n"
            "    await mend.async_client().queue.lease(sys.argv[1], hold='connection')\n"
            "    pid = os.fork()\n"
            "    if pid == 0: print('child', flush=True); sys.stdin.read()\n"
            "    else: os.waitpid(pid, 0)\n"
            "asyncio.run(main())\n",
            self.name,
        )
        self.assertEqual(line_of(process), "child")
        process.send_signal(SIGKILL)
        [leased] = self.client.queue.lease(self.name, wait_ms=int(PATIENCE * 1000))["operations"]
        self.assertEqual(leased["payload"], 1)

    def test_the_journal_can_be_followed(self) -> None:
        async def main() -> None:
            client = mend.AsyncClient(self.daemon.socket)
            async with client.events.follow(kinds=["operator.*"]) as events:
                await client.queue.enqueue(self.name, 1)
                await client.call("queue.pause", {"queue": self.name})
                async for event in events:
                    self.assertEqual(event["queue"], self.name)
                    break
            await client.close()

        done(main())

    def test_a_follower_goes_on_after_a_restart(self) -> None:
        async def main() -> None:
            client = mend.AsyncClient(self.daemon.socket)
            async with client.events.follow(kinds=["operator.*"]) as events:
                await client.queue.enqueue(self.name, 1)
                await client.call("queue.pause", {"queue": self.name})
                first = await events.next_event()
                self.daemon.kill()
                self.daemon.start()
                await client.call("queue.resume", {"queue": self.name})
                second = await events.next_event()
                self.assertGreater(second["event"], first["event"])
                self.assertEqual(second["queue"], self.name)
            await client.close()

        done(main())


class Timing(unittest.TestCase):
    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.path = os.path.join(folder.name, "s")
        self.addCleanup(validator.violations.clear)

    def leased(self, request: Any) -> bytes:
        return result(request, operations=[{"operation": 5, "lease": 6}])

    def test_an_answer_that_crosses_a_cancellation_is_put_back(self) -> None:
        held: List[Any] = []

        def script(request: Any) -> bytes:
            if request["method"] == "queue.lease":
                held.append(request)
            # The daemon had leased when the cancellation came.
            return self.leased(held[0]) if request["method"] == "system.cancel" else b""

        released = self.put_back(script, lambda wait: None)
        self.assertEqual(released["params"], {"operation": 5, "lease": 6})

    def test_an_answer_that_came_just_before_a_cancellation_is_put_back(self) -> None:
        released = self.put_back(self.leased, lambda wait: wait.cancel())
        self.assertEqual(released["params"], {"operation": 5, "lease": 6})

    def put_back(self, script: Any, on_data: Callable[[asyncio.Future[Any]], Any]) -> Any:
        """Cancel a task that waits for a lease; give the request that puts back what it would have got."""
        fake = FakeDaemon(self.path, script)
        self.addCleanup(fake.close)
        real = AsyncConnection.data_received

        async def main() -> None:
            client = mend.AsyncClient(self.path)
            wait = asyncio.ensure_future(client.queue.lease("q", wait_ms=60_000))

            def received(connection: AsyncConnection, data: bytes) -> None:
                real(connection, data)
                on_data(wait)

            with unittest.mock.patch.object(AsyncConnection, "data_received", received):
                while not fake.requests:
                    await asyncio.sleep(0)
                if script != self.leased:
                    wait.cancel()
                with self.assertRaises(asyncio.CancelledError):
                    await wait
                while fake.requests[-1]["method"] != "queue.release":
                    await asyncio.sleep(0)
            await client.close()

        done(main())
        self.assertNotIn("id", fake.requests[-1])
        return fake.requests[-1]

    def test_a_late_answer_ends_the_call_alone(self) -> None:
        held: List[Any] = []

        def script(request: Any) -> bytes:
            held.append(request)
            return b"" if len(held) == 1 else result(held[0], late=1) + result(request, now_at=2)

        fake = FakeDaemon(self.path, script)
        self.addCleanup(fake.close)

        async def main() -> None:
            client = mend.AsyncClient(self.path)
            with self.assertRaises(mend.CallTimeout):
                await client.with_options(timeout=0.01).queue.stats()
            self.assertEqual(await client.system.ping(), {"now_at": 2})
            await client.close()

        done(main())
        self.assertEqual(fake.connections, 1)
