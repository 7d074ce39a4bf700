"""Steps that are undone unless all of them succeed."""

from __future__ import annotations

import os
from typing import Any, Dict, List

import mend
from support import PATIENCE, SIGKILL, DaemonTest, finish, line_of
from test_async_client import done

FIVE_STEPS = """
import mend, sys
name, kill_at = sys.argv[1], sys.argv[2]

def say(what):
    print(what, flush=True)
    # The test ends this process while it waits here, or lets it go on.
    if what == kill_at:
        sys.stdin.readline()

with mend.transaction(name, timeout=600) as txn:
    print(txn.id, flush=True)
    for number in range(1, 6):
        say(f"before {number}")
        step = txn.step(f"step {number}", undo=(f"{name}-undo", number))
        say(f"in {number}")
        if number % 2:
            step.confirm()
        say(f"after {number}")
say("committed")
"""


class TransactionTest(DaemonTest):
    def setUp(self) -> None:
        super().setUp()
        # Somebody takes the undos: there is nothing to warn of.
        self.client.queue.enqueue(self.undos, "warm up")
        [leased] = self.client.queue.lease(self.undos)["operations"]
        self.client.queue.complete(leased["operation"], leased["lease"])

    @property
    def undos(self) -> str:
        return f"{self.name}-undo"

    def info(self, number: int) -> Dict[str, Any]:
        return self.client.transaction.get(number)

    def undo_all(self, transaction: int) -> List[Any]:
        """Do the undos as a worker would; give their payloads in the order in which they came."""
        payloads: List[Any] = []
        while True:
            state = self.client.transaction.wait(transaction, until="inactive", wait_ms=int(PATIENCE * 1000))["state"]
            if state != "rolling_back":
                return payloads
            for leased in self.client.queue.lease(self.undos, wait_ms=int(PATIENCE * 1000))["operations"]:
                payloads.append(leased["payload"])
                self.client.queue.complete(leased["operation"], leased["lease"])


class Transactions(TransactionTest):
    def test_what_succeeds_is_committed(self) -> None:
        with mend.transaction(self.name, timeout=60) as txn:
            with txn.step("build", undo=(self.undos, "rm")):
                pass
            txn.step("switch", undo={"queue": self.undos, "payload": "back", "on_exhausted": "skip"})
            txn.step("tell")
        found = self.info(txn.id)
        self.assertEqual((found["info"]["state"], found["info"]["steps"]), ("committed", 3))
        self.assertEqual(self.counts(self.undos), {"done": 1})
        self.assertEqual(txn.warnings, [])

    def test_an_undo_is_on_disk_before_its_step_runs_and_a_step_is_confirmed_after_it(self) -> None:
        with mend.transaction(self.name) as txn:
            with txn.step("build", undo=(self.undos, "rm")):
                self.assertEqual([each["state"] for each in self.info(txn.id)["steps"]], ["recorded"])
            self.assertEqual([each["state"] for each in self.info(txn.id)["steps"]], ["confirmed"])
            txn.step("switch", undo=(self.undos, "back"))
            self.assertEqual(self.info(txn.id)["steps"][1]["state"], "recorded")
            txn.step("tell")
            self.assertEqual(self.info(txn.id)["steps"][1]["state"], "confirmed")

    def test_an_exception_rolls_back_the_last_step_first_and_is_raised(self) -> None:
        with self.assertRaises(ZeroDivisionError), mend.transaction(self.name) as txn:
            with txn.step("one", undo=(self.undos, 1)):
                pass
            txn.step("two", undo=(self.undos, 2))
            with txn.step("three", undo=(self.undos, 3)):
                raise ZeroDivisionError("division by zero")
        self.assertEqual(self.undo_all(txn.id), [3, 2, 1])
        found = self.info(txn.id)
        self.assertEqual(found["info"]["state"], "rolled_back")
        self.assertEqual(found["info"]["reason"], "ZeroDivisionError: division by zero")
        self.assertEqual([each["uncertain"] for each in found["steps"]], [False, False, True])

    def test_an_interrupt_rolls_back_too(self) -> None:
        with self.assertRaises(KeyboardInterrupt), mend.transaction(self.name) as txn:
            txn.step("one", undo=(self.undos, 1))
            raise KeyboardInterrupt
        self.assertEqual(self.undo_all(txn.id), [1])

    def test_after_a_rollback_by_others_steps_and_commits_are_refused(self) -> None:
        with self.assertRaises(mend.Conflict):
            with mend.transaction(self.name) as txn:
                txn.step("one", undo=(self.undos, 1))
                self.client.transaction.rollback(txn.id)
                self.assertEqual(self.undo_all(txn.id), [1])
                txn.step("two", undo=(self.undos, 2))
        with self.assertRaises(mend.Conflict), mend.transaction(self.name) as txn:
            self.client.transaction.rollback(txn.id)

    def test_one_can_go_back_to_a_step_and_go_on(self) -> None:
        with mend.transaction(self.name) as txn:
            first = txn.step("one", undo=(self.undos, 1))
            txn.step("two")
            self.assertEqual(txn.rollback_to(first)["state"], "active")
            txn.step("another two")
        found = self.info(txn.id)
        self.assertEqual(
            (found["info"]["state"], [s["name"] for s in found["steps"]][-1]), ("committed", "another two")
        )

    def test_what_it_enqueues_is_held_until_the_commit_and_dropped_by_a_rollback(self) -> None:
        with mend.transaction(self.name) as txn:
            txn.enqueue(self.name, "kept")
            self.assertEqual(self.counts(self.name), {"held": 1})
        self.assertEqual(self.counts(self.name), {"ready": 1})
        with self.assertRaises(ValueError), mend.transaction(self.name) as txn:
            txn.enqueue(self.name, "dropped")
            raise ValueError
        self.assertEqual(self.counts(self.name), {"ready": 1, "cancelled": 1})

    def test_a_forked_child_that_leaves_the_block_ends_nothing(self) -> None:
        with mend.transaction(self.name) as txn:
            txn.step("one", undo=(self.undos, 1))
            pid = os.fork()
            if pid == 0:
                try:
                    txn.__exit__(SystemExit, SystemExit(), None)
                finally:
                    os._exit(0)
            os.waitpid(pid, 0)
            self.assertEqual(self.info(txn.id)["info"]["state"], "active")
        self.assertEqual(self.info(txn.id)["info"]["state"], "committed")

    def test_undos_that_nobody_takes_are_warned_of(self) -> None:
        with self.assertLogs("mend", "WARNING"), mend.transaction(self.name) as txn:
            txn.step("one", undo=(f"{self.name}-nobody", 1))
            txn.step("two", undo=(f"{self.name}-nobody", 2))
        self.assertEqual(len(txn.warnings), 1)

    def test_without_a_daemon_the_block_does_not_begin(self) -> None:
        mend.configure(socket="/nowhere/mend.sock", spool=False)
        with self.assertRaises(mend.Unreachable), mend.transaction("t"):
            self.fail("it was begun")

    def test_a_daemon_that_goes_away_leaves_the_exception_as_it_is(self) -> None:
        with self.assertLogs("mend", "WARNING"), self.assertRaises(ZeroDivisionError):
            with mend.transaction(self.name) as txn:
                txn.step("one", undo=(self.undos, 1))
                self.daemon.kill()
                raise ZeroDivisionError
        self.daemon.start()
        # Its connection ended, and nobody presents it again: it is over when the time for that is, or by call.
        self.client.transaction.rollback(txn.id)
        self.assertEqual(self.undo_all(txn.id), [1])

    def test_a_transaction_outlives_a_restart_of_the_daemon(self) -> None:
        with mend.transaction(self.name) as txn:
            txn.step("one", undo=(self.undos, 1))
            self.daemon.kill()
            self.daemon.start()
            txn.step("two", undo=(self.undos, 2))
        self.assertEqual(self.info(txn.id)["info"]["state"], "committed")

    def test_coroutines_have_transactions_too(self) -> None:
        async def main(fails: bool) -> int:
            number = 0
            try:
                async with mend.async_transaction(self.name, timeout=60) as txn:
                    number = txn.id
                    async with txn.step("one", undo=(self.undos, 1)):
                        pass
                    await txn.step("two", undo=(self.undos, 2))
                    if fails:
                        raise ValueError
                    await txn.enqueue(self.name, "kept")
            except ValueError:
                pass
            return number

        self.assertEqual(self.info(done(main(fails=False)))["info"]["state"], "committed")
        self.assertEqual(self.counts(self.name), {"ready": 1})
        self.assertEqual(self.undo_all(done(main(fails=True))), [2, 1])


class Deaths(TransactionTest):
    """A process that is killed at any point of five steps leaves nothing half done."""

    def test_killed_at_every_point_it_ends_rolled_back_or_committed(self) -> None:
        points = [f"{when} {number}" for number in range(1, 6) for when in ("before", "in", "after")]
        for point in [*points, "committed"]:
            with self.subTest(point):
                process = self.child(FIVE_STEPS, self.name, point)
                transaction = int(line_of(process))
                while line_of(process) != point:
                    pass
                finish(process, SIGKILL)
                undone = self.undo_all(transaction)
                state = self.info(transaction)["info"]["state"]
                if point == "committed":
                    self.assertEqual((state, undone), ("committed", []))
                    continue
                last = int(point.split()[1]) - (1 if point.startswith("before") else 0)
                self.assertEqual((state, undone), ("rolled_back", list(range(last, 0, -1))))
