"""The examples of README.md run as they are written."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Dict

from support import PATIENCE, SIGTERM, DaemonTest, finish, line_of

README = Path(__file__).resolve().parents[1] / "README.md"


def examples() -> Dict[str, str]:
    """The blocks of Python, by the bold words before them."""
    found: Dict[str, str] = {}
    for text, block in re.findall(r"\n\*\*(.+?)\*\*(?:(?!\n\*\*).)*?\n```python\n(.*?)```", README.read_text(), re.S):
        found[text.strip(".")] = block
    return found


class Examples(DaemonTest):
    def run_example(self, beginning: str) -> str:
        [block] = [code for text, code in examples().items() if text.startswith(beginning)]
        status, out, err = finish(self.child(block))
        self.assertEqual(status, 0, err)
        return out

    def test_there_is_a_test_for_each(self) -> None:
        self.assertEqual(len(examples()), len([name for name in dir(self) if name.startswith("test_example")]))

    def test_example_of_retries(self) -> None:
        self.assertEqual(self.run_example("Try again"), "later\n")
        reports = self.client.call("error.list", {"service": "close-day"})["errors"]
        self.assertEqual(len(reports), 3)
        self.assertEqual(self.client.breaker.get("billing")["window_failures"], 3)

    def test_example_of_a_block(self) -> None:
        self.assertTrue(self.run_example("Errors of a block").startswith("fallback permanent This cannot be done"))

    def test_example_of_a_transaction(self) -> None:
        lines = self.run_example("Steps that").splitlines()
        self.assertEqual(lines[:2], ["building", "rolling_back"])
        self.assertEqual(lines[2:4], ["undoing {'switch': 'web:41'}", "undoing {'remove': 'web:42'}"])
        self.assertEqual(lines[4], "rolled_back")

    def test_example_of_a_worker(self) -> None:
        [block] = [code for text, code in examples().items() if text.startswith("Work that")]
        process = self.child(block, PYTHONUNBUFFERED="1")
        self.assertEqual(line_of(process), "attempt 1 to a@example.com")
        [operation] = self.client.call("queue.list", {"queue": "emails"})["operations"]
        ended = self.client.queue.wait(operation["operation"], wait_ms=int(PATIENCE * 1000))
        self.assertEqual(ended["result"], {"sent": True})
        self.assertEqual(finish(process, SIGTERM)[0], 0)

    def test_example_of_asyncio(self) -> None:
        self.assertTrue(self.run_example("asyncio").startswith("['spare parts'] {'queues'"))

    def test_example_of_hooks(self) -> None:
        self.run_example("What nobody caught")
        [report] = self.client.call("error.list", {"service": "shop", "text": "order"})["errors"]
        self.assertEqual(report["message"], "order 7 is lost")
