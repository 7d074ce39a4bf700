"""What is written about the wire is what this client speaks."""

from __future__ import annotations

import json
import re
import signal
import unittest
from pathlib import Path
from typing import Any, Dict, Iterator, List, Tuple

import mend
from mend import _socket, _wire
from mend._connection import Connection, Pending
from mend._exceptions import BY_REASON, CallFailed, from_answer
from support import PATIENCE, PROTOCOL, Daemon, validator

#: The direction, the message, and its text as it is written.
Line = Tuple[str, Any, str]
VARYING = {
    "after_ms",
    "retry_after_ms",
    "uptime_ms",
    "next_age_ms",
    "uid",
    "pid",
    "instance",
    "version",
    "commits",
    "at",
}
UNKNOWN = {"unit", "command"}


def matches(value: Any, expected: Any) -> bool:
    """Whether it is what was written down, but for values that differ from host to host: of those the kind counts."""
    if isinstance(value, dict) and isinstance(expected, dict):
        if set(value) - UNKNOWN != set(expected) - UNKNOWN:
            return False
        for name in set(value) - UNKNOWN:
            if name in VARYING or name.endswith("_at"):
                same = type(value[name]) is type(expected[name])
            else:
                same = matches(value[name], expected[name])
            if not same:
                return False
        return True
    if isinstance(value, list) and isinstance(expected, list):
        return len(value) == len(expected) and all(map(matches, value, expected))
    return type(value) is type(expected) and bool(value == expected)


def conversation(path: Path) -> Iterator[Line]:
    """What is given, sent and received. What is sent as a string, or has a member twice, is a text alone."""
    for line in path.read_text().splitlines():
        (direction, message), *_ = json.loads(line).items()
        text = message if isinstance(message, str) else line[len('{"send":') : -1]
        if direction == "send" and not isinstance(message, str) and has_twice(text):
            message = text
        yield direction, message, text


def conversations() -> Dict[str, List[Line]]:
    """Those of the transcripts and of the document, by where they are written."""
    found = {path.name: list(conversation(path)) for path in transcripts()}
    document = (PROTOCOL / "PROTOCOL.md").read_text()
    for number, block in enumerate(re.findall(r"^```transcript\n(.*?)^```", document, re.S | re.M), 1):
        lines: List[Line] = []
        for arrow, text in (line.split(" ", 1) for line in block.splitlines()):
            try:
                message = json.loads(text)
            except ValueError:
                message = text
            lines.append(("send" if arrow == "→" else "receive", message, text))
        found[f"PROTOCOL.md, conversation {number}"] = lines
    return found


def has_twice(text: str) -> bool:
    """Whether an object of it has a member twice."""
    found: List[str] = []

    def pairs(members: List[Tuple[str, Any]]) -> Dict[str, Any]:
        made = dict(members)
        found.extend(["twice"] * (len(members) - len(made)))
        return made

    json.loads(text, object_pairs_hook=pairs)
    return bool(found)


def is_plain(message: Any) -> bool:
    """Whether the client's own calls can say it: a request with an id and an object of parameters."""
    return (
        isinstance(message, dict)
        and set(message) <= {"jsonrpc", "id", "method", "params"}
        and message.get("jsonrpc") == "2.0"
        and isinstance(message.get("id"), (str, int, float))
        and isinstance(message.get("params", {}), dict)
    )


def is_held_by_a_connection(direction: str, message: Any) -> bool:
    """Whether a connection says it so, and hears it as the answer to one of its calls."""
    if direction == "send":
        return is_plain(message)
    return direction != "receive" or "method" in message or message["id"] is not None


def transcripts() -> List[Path]:
    found = sorted((PROTOCOL / "transcripts").glob("*.jsonl"))
    assert len(found) > 5, "the transcripts are missing"
    return found


class Transcripts(unittest.TestCase):
    def setUp(self) -> None:
        # Much of what is written down is to be refused.
        self.addCleanup(validator.violations.clear)

    def host(self, lines: List[Line]) -> Daemon:
        """The daemon that a conversation is held with, and those who are connected to it already."""
        given: Dict[str, Any] = next((message for direction, message, _ in lines if direction == "given"), {})
        daemon = Daemon(given.get("configuration", ""), given.get("socket"))
        self.addCleanup(daemon.remove)
        for _ in range(given.get("connections", 0)):
            other = mend.Client(daemon.socket)
            self.addCleanup(other.close)
            other.call("system.ping")
        return daemon

    @staticmethod
    def here(daemon: Daemon, expected: Any) -> Any:
        """What was written down, as this daemon says it: its configuration is not in the usual place."""
        return json.loads(json.dumps(expected).replace("/etc/mend/", f"{daemon.place}/"))

    def test_each_conversation_goes_as_it_is_written_by_the_connection(self) -> None:
        replayed = 0
        for name, lines in conversations().items():
            if not all(is_held_by_a_connection(direction, message) for direction, message, _ in lines):
                continue
            with self.subTest(name):
                self.replay(lines)
                replayed += 1
        self.assertGreaterEqual(replayed, 16)

    def replay(self, lines: List[Line]) -> None:
        daemon = self.host(lines)
        connection = Connection(_socket.connect(daemon.socket, PATIENCE))
        self.addCleanup(connection.close)
        sent: Dict[Any, List[Pending]] = {}
        numbers: Dict[Any, int] = {}
        for direction, message, _ in lines:
            if direction == "given":
                continue
            if direction == "signal":
                daemon.signal(signal.Signals[message])
            elif direction == "send":
                params = dict(message.get("params", {}))
                if message["method"] == "system.cancel" and params.get("id") in numbers:
                    # The connection has numbers of its own.
                    params["id"] = numbers[params["id"]]
                pending = connection.send(message["method"], params, PATIENCE)
                sent.setdefault(message["id"], []).append(pending)
                numbers[message["id"]] = pending.id
            elif "method" in message:
                notification = connection.next_notification(PATIENCE)
                self.assertTrue(matches(notification, message), f"{notification} was to be {message}")
            else:
                self.compare(sent[message["id"]].pop(0), self.here(daemon, message))

    def compare(self, pending: Pending, expected: Dict[str, Any]) -> None:
        try:
            result = pending.result(PATIENCE)
        except CallFailed as error:
            answer = expected.get("error", {})
            said = answer.get("data", {})
            self.assertEqual((error.code, error.message), (answer.get("code"), answer.get("message")))
            self.assertEqual((error.reason, error.retryable), (said.get("reason"), said.get("retryable")))
            self.assertEqual((error.field, error.hint), (said.get("field"), said.get("hint")))
            self.assertIs(type(error), BY_REASON[error.reason])
            self.assertEqual(error.retry_after_ms is None, "retry_after_ms" not in said)
        else:
            self.assertTrue(matches(result, expected.get("result")), f"{result} was to be {expected}")

    def test_the_lines_of_all_conversations_are_read_and_written(self) -> None:
        for name, conversation in conversations().items():
            # What the document has besides was replayed by the connection.
            if name.startswith("PROTOCOL.md") and all(is_plain(each) for way, each, _ in conversation if way == "send"):
                continue
            with self.subTest(name):
                daemon = self.host(conversation)
                sock = _socket.connect(daemon.socket, PATIENCE)
                self.addCleanup(sock.close)
                sock.settimeout(PATIENCE)
                reader = _wire.Lines()
                buffered: List[bytes] = []
                for direction, message, text in conversation:
                    if direction == "given":
                        continue
                    if direction == "signal":
                        daemon.signal(signal.Signals[message])
                        continue
                    if direction == "send":
                        line = text.encode() + b"\n"
                        if is_plain(message) and isinstance(message["id"], int):
                            line = _wire.encode(message["method"], message.get("params"), message["id"])
                            self.assertEqual({"params": {}, **json.loads(line)}, {"params": {}, **message})
                        sock.sendall(line)
                        continue
                    while not buffered:
                        data = sock.recv(1 << 16)
                        self.assertTrue(data, "the daemon closed the connection")
                        buffered.extend(reader.feed(data))
                    answer, expected = json.loads(buffered.pop(0)), self.here(daemon, message)
                    self.assertTrue(matches(answer, expected), f"{answer} was to be {expected}")


class Reasons(unittest.TestCase):
    def test_each_reason_of_the_protocol_has_a_class_that_knows_whether_to_try_again(self) -> None:
        rows = [
            [cell.strip() for cell in line.strip("|\n").split("|")]
            for line in (PROTOCOL / "PROTOCOL.md").read_text().splitlines()
            if line.startswith("| `") and "| -32" in line
        ]
        self.assertEqual({row[0].strip("`") for row in rows}, set(BY_REASON))
        for reason, code, retryable, *_ in rows:
            error = from_answer({"code": int(code), "message": "m", "data": {"reason": reason.strip("`")}})
            self.assertEqual(error.retryable, retryable == "yes", reason)
            self.assertEqual(error.code, int(code))

    def test_a_reason_of_a_newer_daemon_is_an_error_like_others(self) -> None:
        error = from_answer({"code": -32099, "message": "m", "data": {"reason": "moonlight", "retryable": True}})
        self.assertIs(type(error), CallFailed)
        self.assertEqual((error.reason, error.retryable), ("moonlight", True))


class WireLines(unittest.TestCase):
    def test_lines_come_whole_whatever_the_pieces(self) -> None:
        text = b'{"id":1,"result":{}}\n\n{"id":2,"result":{"a":"\xc3\xa4"}}\nrest'
        for size in range(1, len(text) + 1):
            lines = _wire.Lines()
            found: List[bytes] = []
            for start in range(0, len(text), size):
                found.extend(lines.feed(text[start : start + size]))
            self.assertEqual(found, [b'{"id":1,"result":{}}', b'{"id":2,"result":{"a":"\xc3\xa4"}}'])

    def test_what_json_cannot_say_is_told_before_it_is_sent(self) -> None:
        for payload in (float("nan"), float("inf"), {1, 2}, b"bytes", "\ud800"):
            with self.assertRaises(mend.InvalidParams) as caught:
                _wire.encode("queue.enqueue", {"queue": "q", "payload": payload}, 1)
            self.assertIn("JSON", str(caught.exception))

    def test_a_call_longer_than_a_line_may_be_is_not_sent(self) -> None:
        with self.assertRaises(mend.TooLarge):
            _wire.encode("queue.enqueue", {"payload": "x" * _wire.MAX_REQUEST_BYTES}, 1)
