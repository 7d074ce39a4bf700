"""Where exceptions end up that nobody caught, and where programs log."""

from __future__ import annotations

import logging
import sys
import threading
from types import TracebackType
from typing import Any, Callable, Dict, Optional, Type

from . import _settings
from ._describe import describe
from ._effects import run
from ._report import is_reported, report, reporting

#: Attributes that every record has; what a program adds by ``extra`` are the others.
_KNOWN = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}


class LoggingHandler(logging.Handler):
    """A handler that reports records as errors, from ``ERROR`` on by default.

    The message, the logger's name, an exception with its stack, and what was given as ``extra`` are in the report. It
    answers to nobody: while the daemon is away, reports are kept in the spool. A call takes as long as the client's
    timeout at most; put a ``logging.handlers.QueueHandler`` before it where even that is too long.
    """

    def __init__(self, level: int = logging.ERROR, *, service: Optional[str] = None, **members: Any) -> None:
        super().__init__(level)
        self._members: Dict[str, Any] = {"service": service, **members}
        self._inside = threading.local()

    def emit(self, record: logging.LogRecord) -> None:
        """Report a record. What this library logs itself is left out: it would be told of its own troubles."""
        if record.name == "mend" or getattr(self._inside, "reports", False):
            return
        self._inside.reports = True
        try:
            run(reporting(self._report(record)), _settings.client())
        except Exception:  # noqa: BLE001 - logging has a way of its own to tell
            self.handleError(record)
        finally:
            self._inside.reports = False

    def _report(self, record: logging.LogRecord) -> Any:
        context: Dict[str, Any] = {"logger": record.name, "file": f"{record.pathname}:{record.lineno}"}
        context.update({name: value for name, value in vars(record).items() if name not in _KNOWN})
        said = {name: value for name, value in self._members.items() if value is not None}
        members: Dict[str, Any] = {"severity": severity_of(record.levelno), "action": record.funcName}
        members.update({"context": context, **said})
        error = record.exc_info[1] if record.exc_info else None
        if error is None:
            return {"message": record.getMessage() or record.name, "occurred_at": int(record.created * 1000), **members}
        described = describe(error, **members)
        described["context"]["log"] = record.getMessage()
        return described


def severity_of(level: int) -> str:
    """Translate a level of ``logging``."""
    if level >= logging.CRITICAL:
        return "critical"
    if level >= logging.ERROR:
        return "high"
    return "medium" if level >= logging.WARNING else "low"


def install_excepthook(*, service: Optional[str] = None, **members: Any) -> Callable[[], None]:
    """Report exceptions that end the program or one of its threads; what was installed before is called after it.

    Exceptions that were reported already are not reported again, nor is what ends a program on purpose. Gives a
    function that takes the hooks away.
    """
    before, before_thread = sys.excepthook, threading.excepthook
    members = {"severity": "high", "service": service, **members}

    def tell(error: Optional[BaseException], action: str) -> None:
        if isinstance(error, Exception) and not is_reported(error):
            report(error, **{"action": action, **members})

    def hook(kind: Type[BaseException], error: BaseException, trace: Optional[TracebackType]) -> None:
        try:
            tell(error, "main")
        finally:
            before(kind, error, trace)

    def thread_hook(args: threading.ExceptHookArgs) -> None:
        try:
            tell(args.exc_value, args.thread.name if args.thread else "thread")
        finally:
            before_thread(args)

    def uninstall() -> None:
        # Who has installed a hook after this one goes on calling it.
        if sys.excepthook is hook:
            sys.excepthook = before
        if threading.excepthook is thread_hook:
            threading.excepthook = before_thread

    sys.excepthook, threading.excepthook = hook, thread_hook
    return uninstall
