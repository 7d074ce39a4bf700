"""A file that keeps calls while the daemon is away.

Each line is a request as the wire has it, without an id and with an idempotency key: delivered twice, it is done once.
Lines are appended under the lock of the file, and cut off, when all before them were delivered, under the same one.
Delivering has a lock of its own, so that one process delivers at a time, and nobody who appends waits for it.
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import json
import logging
import os
from typing import Any, Iterator, List, Mapping, Tuple

from ._call import Call, correlation
from ._client import Client
from ._exceptions import AWAY, CallFailed, MendError, SpoolFull

_log = logging.getLogger("mend")
#: Calls that are under way at a time.
_AT_ONCE = 64


def default_path() -> str:
    """Tell where the spool is: for root ``/var/spool/mend``, for others ``$XDG_STATE_HOME/mend``."""
    if os.geteuid() == 0 and "XDG_STATE_HOME" not in os.environ:
        return "/var/spool/mend/python.jsonl"
    state = os.environ.get("XDG_STATE_HOME") or os.path.join(os.path.expanduser("~"), ".local", "state")
    return os.path.join(state, "mend", "python.jsonl")


class Spool:
    """The spool at ``path``, of ``max_bytes`` at most. Others than its user cannot read it."""

    def __init__(self, path: str, *, max_bytes: int = 4 << 20) -> None:
        self.path = path
        self.max_bytes = max_bytes
        #: Calls that the daemon refused for good, one a line, with why.
        self.rejected_path = path + ".rejected"

    @property
    def is_empty(self) -> bool:
        """Whether nothing waits for the daemon."""
        try:
            return os.stat(self.path).st_size == 0
        except FileNotFoundError:
            return True

    def append(self, method: str, params: Mapping[str, Any]) -> None:
        """Keep a call; it is on disk when this returns. Raises ``SpoolFull``, ``OSError``."""
        message = {"jsonrpc": "2.0", "method": method, "params": params}
        line = json.dumps(message, allow_nan=False, separators=(",", ":")).encode() + b"\n"
        self._append(self.path, line)

    def deliver(self, client: Client) -> int:
        """Send what was kept, in its order, and tell how many calls that were.

        Where another process is at it, this returns 0 at once. Raises a ``MendError`` when the daemon is away (again);
        what was not delivered stays.
        """
        if self.is_empty:
            return 0
        # What was kept has a correlation of its own, or none.
        with correlation(None), self._open_locked(self.path + ".lock", fcntl.LOCK_EX | fcntl.LOCK_NB) as lock:
            return 0 if lock is None else self._deliver(client)

    def _deliver(self, client: Client) -> int:
        delivered, offset = 0, 0
        try:
            while True:
                with open(self.path, "rb") as file:
                    file.seek(offset)
                    lines = [line for line in file.readlines(1 << 18) if line.endswith(b"\n")]
                if not lines and self._cut(offset, whole=True):
                    return delivered
                for start in range(0, len(lines), _AT_ONCE):
                    part = lines[start : start + _AT_ONCE]
                    done, error = self._send(part, client)
                    delivered += done
                    offset += sum(len(line) for line in part[:done])
                    if error is not None:
                        raise error
        except BaseException:
            self._cut(offset, whole=False)
            raise

    def _send(self, lines: List[bytes], client: Client) -> Tuple[int, Any]:
        """Send lines at once; tell how many of them, from the first on, need not be sent again, and why no more."""
        sent: List[Tuple[bytes, Any]] = []
        error: Any = None
        for line in lines:
            try:
                sent.append((line, client.start(_call(line))))
            except (ValueError, CallFailed) as unreadable:
                sent.append((line, unreadable))
            except MendError as away:
                error = away
                break
        done = 0
        for line, pending in sent:
            try:
                if isinstance(pending, Exception):
                    raise pending
                pending.result(client.timeout)
            except AWAY as away:
                return done, away
            except (CallFailed, ValueError) as refused:
                if isinstance(refused, CallFailed) and refused.retryable:
                    return done, refused
                self._reject(line, refused)
            done += 1
        return done, error

    def _reject(self, line: bytes, why: Exception) -> None:
        _log.error("a call that was kept in %s is refused by the daemon: %s", self.path, why)
        text = line.decode(errors="replace").rstrip("\n")
        try:
            self._append(self.rejected_path, json.dumps({"why": str(why), "line": text}).encode() + b"\n")
        except SpoolFull:
            _log.exception("it is lost: %s", text)

    def _cut(self, offset: int, *, whole: bool) -> bool:
        """Take the first ``offset`` bytes away; with ``whole`` only where there is nothing after them."""
        with self._open_locked(self.path, fcntl.LOCK_EX) as file:
            size = os.fstat(file).st_size
            if whole and _whole_lines(file, size) != offset:
                return False
            rest = os.pread(file, size - offset, offset)
            if not rest or whole:
                os.ftruncate(file, 0)
                os.fsync(file)
                return True
            if offset:
                self._replace(rest)
            return True

    def _replace(self, rest: bytes) -> None:
        new = self.path + ".new"
        file = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
        try:
            _write_all(file, rest)
            os.fsync(file)
        finally:
            os.close(file)
        os.rename(new, self.path)
        _sync_folder(self.path)

    def _append(self, path: str, line: bytes) -> None:
        with self._open_locked(path, fcntl.LOCK_EX) as file:
            size = os.fstat(file).st_size
            whole = _whole_lines(file, size)
            if whole + len(line) > self.max_bytes:
                raise SpoolFull(
                    f"{path} holds {whole} bytes; {self.max_bytes} is the most",
                    hint="start the daemon: what is kept is delivered with the next report",
                )
            # What a crash left of a line was never acknowledged.
            os.ftruncate(file, whole)
            try:
                _write_all(file, line)
                os.fsync(file)
            except OSError:
                os.ftruncate(file, whole)
                raise
            if size == 0:
                _sync_folder(path)

    @contextlib.contextmanager
    def _open_locked(self, path: str, how: int) -> Iterator[Any]:
        """Open ``path`` under its lock; gives None where another one has it and ``how`` does not wait."""
        os.makedirs(os.path.dirname(os.path.abspath(path)), mode=0o700, exist_ok=True)
        while True:
            file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
            try:
                try:
                    fcntl.flock(file, how)
                except OSError as error:
                    if error.errno not in (errno.EWOULDBLOCK, errno.EINTR):
                        raise
                    yield None
                    return
                if _is_at(file, path):
                    yield file
                    return
                # It was replaced while its lock was waited for.
            finally:
                # A child that was forked meanwhile has the file open, too, and would keep the lock.
                fcntl.flock(file, fcntl.LOCK_UN)
                os.close(file)


def _call(line: bytes) -> Call[Any]:
    request = json.loads(line)
    if not isinstance(request, dict) or not isinstance(request.get("params"), dict) or "method" not in request:
        raise ValueError("it is no request")
    return Call(str(request["method"]), request["params"])


def _is_at(file: int, path: str) -> bool:
    try:
        there = os.stat(path)
    except FileNotFoundError:
        return False
    here = os.fstat(file)
    return (there.st_dev, there.st_ino) == (here.st_dev, here.st_ino)


def _whole_lines(file: int, size: int) -> int:
    """Where the last whole line ends."""
    end = size
    while end > 0:
        start = max(0, end - 4096)
        last = os.pread(file, end - start, start).rfind(b"\n")
        if last >= 0:
            return start + last + 1
        end = start
    return 0


def _write_all(file: int, data: bytes) -> None:
    view = memoryview(data)
    while view:
        view = view[os.write(file, view) :]


def _sync_folder(path: str) -> None:
    folder = os.open(os.path.dirname(os.path.abspath(path)), os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
