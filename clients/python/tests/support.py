"""The real daemon on a socket of its own, and a transport that holds every message against ``openrpc.json``."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import unittest
from pathlib import Path
from typing import Any, Callable, ClassVar, Dict, Iterator, List, Mapping, Optional, Tuple

import jsonschema

import mend
from mend import _settings, _wire

PROTOCOL = Path(__file__).resolve().parents[3] / "protocol"
SOURCES = Path(__file__).resolve().parents[1] / "src"
#: Seconds after which something that should have happened has failed. Nothing waits for so long when all is well.
PATIENCE = 20.0


def binary(name: str) -> str:
    """Find a program: in ``MEND_BIN``, else where ``make build`` puts it."""
    folder = os.environ.get("MEND_BIN") or str(PROTOCOL.parent / ".build" / "release")
    path = os.path.join(folder, name)
    if not os.access(path, os.X_OK):
        raise RuntimeError(f"{path} is missing: make build")
    return path


class Daemon:
    """``mendd`` in a folder of its own; it has said that it is ready.

    With ``handed``, a name, it is given its socket as systemd gives it, under that name.
    """

    def __init__(self, configuration: str = "", handed: Optional[str] = None) -> None:
        self.place = tempfile.mkdtemp(prefix="mend-python.")
        self.socket = os.path.join(self.place, "mend.sock")
        self.handed = handed
        self.process: Optional[subprocess.Popen[bytes]] = None
        Path(self.place, "mend.yaml").write_text(configuration)
        self.start()

    def start(self) -> None:
        """Start it on what it left, and wait until it is ready."""
        path = os.path.join(self.place, "notify")
        with contextlib.suppress(FileNotFoundError):
            os.unlink(path)
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as notify:
            notify.bind(path)
            notify.settimeout(PATIENCE)
            program = [binary("mendd"), "--state", os.path.join(self.place, "state")]
            program += ["--config", os.path.join(self.place, "mend.yaml")]
            if self.handed is None:
                program += ["--socket", self.socket]
            else:
                wrapper = ["systemd-socket-activate", "-E", f"NOTIFY_SOCKET={path}", "-l", self.socket]
                program = [*wrapper, f"--fdname={self.handed}", *program]
            with open(os.path.join(self.place, "log"), "ab") as log:
                self.process = subprocess.Popen(
                    program,
                    # Variables with this beginning are settings of the daemon's.
                    env={
                        **{name: value for name, value in os.environ.items() if not name.startswith("MEND_")},
                        "NOTIFY_SOCKET": path,
                    },
                    stdout=log,
                    stderr=log,
                )
            if self.handed is not None:
                self.connect_first()
            try:
                while b"READY=1" not in notify.recv(4096):
                    pass
            except TimeoutError:
                log_text = Path(self.place, "log").read_text()
                self.remove()
                raise RuntimeError(f"mendd did not become ready: {log_text}") from None

    def connect_first(self) -> None:
        """Make the first connection, for which it is started."""
        end = time.monotonic() + PATIENCE
        with socket.socket(socket.AF_UNIX) as first:
            while first.connect_ex(self.socket) != 0:
                if time.monotonic() > end:
                    raise RuntimeError(f"nobody listens at {self.socket}")
                time.sleep(0.01)

    def signal(self, number: int) -> None:
        """Send it a signal."""
        if self.process is not None:
            self.process.send_signal(number)

    def kill(self) -> None:
        """End it as a crash does."""
        if self.process is not None:
            self.process.kill()
            self.process.wait(PATIENCE)
            self.process = None

    def stop(self) -> None:
        """Ask it to end, and wait for that."""
        if self.process is not None:
            self.process.terminate()
            self.process.wait(PATIENCE)
            self.process = None

    def remove(self) -> None:
        """End it and forget its state."""
        self.kill()
        shutil.rmtree(self.place)


class Validator:
    """Holds each request and each answer of this process against ``openrpc.json``."""

    def __init__(self) -> None:
        document = json.loads((PROTOCOL / "openrpc.json").read_text())
        self._methods = {each["name"]: each for each in document["methods"]}
        self._compiled: Dict[Tuple[str, str], Any] = {}
        self._asked: Dict[int, str] = {}
        self._lock = threading.Lock()
        self.violations: List[str] = []
        self.requests = 0
        self.answers = 0

    def request(self, method: str, params: Optional[Mapping[str, Any]], number: Optional[int]) -> None:
        """Look at a request that is sent."""
        with self._lock:
            self.requests += 1
            if number is not None:
                self._asked[number] = method
            if method not in self._methods:
                self.violations.append(f"there is no method {method}")
                return
            self._check(method, "params", dict(params or {}))

    def answer(self, message: Mapping[str, Any]) -> None:
        """Look at an answer that came."""
        with self._lock:
            method = self._asked.pop(message.get("id", 0), None)
            if "method" in message or method is None or method not in self._methods:
                return
            self.answers += 1
            if "error" in message:
                error = message["error"]
                known = {(each["code"], each["message"]) for each in self._methods[method]["errors"]}
                if (error["code"], error["data"]["reason"]) not in known:
                    self.violations.append(f"{method} is not said to answer {error}")
            else:
                self._check(method, "result", message["result"])

    def _check(self, method: str, what: str, value: Any) -> None:
        key = (method, what)
        if key not in self._compiled:
            self._compiled[key] = jsonschema.Draft202012Validator(self._schema(method, what))
        for error in self._compiled[key].iter_errors(value):
            self.violations.append(f"{what} of {method}: {error.message} at {list(error.absolute_path)}")

    def _schema(self, method: str, what: str) -> Any:
        if what == "result":
            return self._methods[method]["result"]["schema"]
        params = self._methods[method]["params"]
        return {
            "type": "object",
            "properties": {each["name"]: each["schema"] for each in params},
            "required": [each["name"] for each in params if each.get("required")],
            # Reports are never lost to a member that is not known.
            "additionalProperties": method == "error.report",
        }


validator = Validator()


def _install() -> None:
    encode, decode = _wire.encode, _wire.decode

    def encoding(method: str, params: Optional[Mapping[str, Any]], number: Optional[int]) -> bytes:
        line = encode(method, params, number)
        validator.request(method, params, number)
        return line

    def decoding(line: bytes) -> Dict[str, Any]:
        message = decode(line)
        validator.answer(message)
        return message

    _wire.encode, _wire.decode = encoding, decoding


_install()


@contextlib.contextmanager
def violating() -> Iterator[None]:
    """Allow what the schema forbids, where a test sends it on purpose."""
    before = len(validator.violations)
    yield
    if len(validator.violations) == before:
        raise AssertionError("nothing was sent that openrpc.json forbids")
    del validator.violations[before:]


#: Makes a child fail that has sent or got what is forbidden, unless it is killed before.
VALIDATING = "import atexit, support; atexit.register(support.complain)\n"


def complain() -> None:
    """End this process as failed where something forbidden was sent or answered."""
    if validator.violations:
        print("\n".join(validator.violations), file=sys.stderr, flush=True)
        os._exit(9)


class DaemonTest(unittest.TestCase):
    """Tests that share a daemon; each has a spool and settings of its own."""

    daemon: ClassVar[Daemon]

    @classmethod
    def setUpClass(cls) -> None:
        cls.daemon = Daemon()
        cls.addClassCleanup(cls.daemon.remove)

    def setUp(self) -> None:
        self.spool_path = os.path.join(self.daemon.place, f"{self.id()}.jsonl")
        mend.configure(socket=self.daemon.socket, service="tests", spool=self.spool_path)
        self.addCleanup(_settings.client().close)
        self.client = mend.client()
        self.addCleanup(self.assert_valid)

    def assert_valid(self) -> None:
        found, validator.violations = validator.violations, []
        self.assertEqual(found, [], "what openrpc.json forbids was sent or answered")

    @property
    def name(self) -> str:
        """A name for queues and breakers that no other test has."""
        return self.id().rsplit(".", 1)[-1][:100]

    def counts(self, queue: str) -> Dict[str, int]:
        """The operations of a queue by state, those that are none left out."""
        [stats] = self.client.queue.stats(queue)["queues"]
        return {state: count for state, count in stats["counts"].items() if count}

    def child(self, code: str, *arguments: str, **environment: str) -> subprocess.Popen[str]:
        """Start a Python program that uses the library."""
        paths = os.pathsep.join([str(SOURCES), str(Path(__file__).parent)])
        found = {"PYTHONPATH": paths, "MEND_SOCKET": self.daemon.socket, "XDG_STATE_HOME": self.daemon.place}
        process = subprocess.Popen(
            [sys.executable, "-c", VALIDATING + code, *arguments],
            env={**os.environ, **found, **environment},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        self.addCleanup(self._end, process)
        return process

    def _end(self, process: subprocess.Popen[str]) -> None:
        process.kill()
        process.communicate()


def line_of(process: subprocess.Popen[str]) -> str:
    """Read the next line that a child says; what went wrong, where it says nothing more."""
    assert process.stdout is not None
    assert process.stderr is not None
    line = process.stdout.readline().strip()
    if not line:
        raise AssertionError(f"the child ended: {process.stderr.read()}")
    return line


def finish(process: subprocess.Popen[str], number: Optional[int] = None) -> Tuple[int, str, str]:
    """Send a signal, wait for the end: exit status, output, errors."""
    if number is not None:
        process.send_signal(number)
    out, err = process.communicate(timeout=PATIENCE)
    return process.returncode, out, err


def in_thread(function: Callable[[], Any]) -> Callable[[], Any]:
    """Run a function in a thread; what is returned waits for its result."""
    outcome: List[Any] = []

    def target() -> None:
        try:
            outcome.append((function(), None))
        except BaseException as error:
            outcome.append((None, error))

    thread = threading.Thread(target=target, daemon=True)
    thread.start()

    def join() -> Any:
        thread.join(PATIENCE)
        if not outcome:
            raise AssertionError("the thread did not end")
        value, error = outcome[0]
        if error is not None:
            raise error
        return value

    return join


FAST = {"strategy": "fixed", "base_ms": 1, "jitter": "none", "max_attempts": 3}
SIGKILL, SIGTERM, SIGINT = signal.SIGKILL, signal.SIGTERM, signal.SIGINT
