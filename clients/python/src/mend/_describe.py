"""From an exception to what ``error.report`` takes."""

from __future__ import annotations

import contextlib
import errno
import math
import os
import platform
import signal
import subprocess
import threading
import time
import traceback
from types import TracebackType
from typing import Any, Dict, List, Mapping, Optional, Set

#: Characters that are kept of a text: a report stays far below the longest line of the wire.
MAX_TEXT = 8_192
MAX_STACK = 65_536
_MAX_ITEMS = 100
_MAX_DEPTH = 6
_MAX_CAUSES = 20
_PACKAGE = os.path.dirname(os.path.abspath(__file__)) + os.sep


def annotate(error: BaseException, **members: Any) -> BaseException:
    """Say about an exception what the daemon shall know, with the members of a report, and give it back.

    ``raise mend.annotate(ValueError("no such account"), category="permanent", code="billing.no_account")``
    """
    known = {**look(error, "__mend__", {}), **members}
    # Some exceptions do not let their attributes be set.
    BaseException.__setattr__(error, "__mend__", known)
    return error


def describe(error: BaseException, **members: Any) -> Dict[str, Any]:
    """Make the members of a report of an exception: its class, message, stack, chained causes, and what it carries.

    Errno, HTTP status, ``Retry-After``, SQLSTATE, gRPC status and exit status are taken from where well-known libraries
    have them. ``members`` and what ``annotate`` said stand over what was found.
    """
    kind = type(error)
    module = "" if kind.__module__ in ("builtins", "__main__") else kind.__module__ + "."
    context: Dict[str, Any] = {"python": platform.python_version(), "thread": threading.current_thread().name}
    causes = [_title(each) for each in _chain(error)]
    if causes:
        context["causes"] = causes
    notes = look(error, "__notes__", None)
    if notes:
        context["notes"] = notes
    found: Dict[str, Any] = {
        "message": _said(error) or kind.__name__,
        "type": module + kind.__qualname__,
        "stack": stack_of(error),
        "occurred_at": int(time.time() * 1000),
        **_facts(error, context),
    }
    said = {**members, **look(error, "__mend__", {})}
    context.update(mapping(said.pop("context", None)))
    report = {**found, **{name: value for name, value in said.items() if value is not None}}
    report["context"] = context
    return cleaned(report)


def mapping(context: Any) -> Dict[str, Any]:
    """Make a context of what a program gives as one."""
    if context is None:
        return {}
    return dict(context) if isinstance(context, Mapping) else {"context": context}


def cleaned(report: Mapping[str, Any]) -> Dict[str, Any]:
    """Make a report that can be written as JSON, of a bounded size."""
    limits = {"stack": MAX_STACK}
    said = {str(name): value for name, value in report.items() if value is not None}
    return {name: _plain(value, limits.get(name, MAX_TEXT)) for name, value in said.items()}


def stack_of(error: BaseException) -> str:
    """Write the traceback, with those of the causes before it, as Python does; frames of this library are left out."""
    trace = _own(error.__traceback__)
    try:
        made = traceback.TracebackException(type(error), error, trace, limit=-100)
    except Exception:  # noqa: BLE001 - it looks at attributes of an exception that may not be whole
        return "".join(["Traceback (most recent call last):\n", *traceback.format_tb(trace), type(error).__qualname__])
    seen: Set[int] = set()
    each: Optional[traceback.TracebackException] = made
    while each is not None and id(each) not in seen:
        seen.add(id(each))
        each.stack[:] = [frame for frame in each.stack if not frame.filename.startswith(_PACKAGE)]
        each = each.__cause__ or each.__context__
    return "".join(made.format())


def _own(trace: Optional[TracebackType]) -> Optional[TracebackType]:
    """Skip what this library put around the program's code."""
    while trace is not None and trace.tb_next and trace.tb_frame.f_code.co_filename.startswith(_PACKAGE):
        trace = trace.tb_next
    return trace


def _chain(error: BaseException) -> List[BaseException]:
    """List the causes of an exception, the nearest first, as a traceback would show them."""
    found: List[BaseException] = []
    seen = {id(error)}
    each: Optional[BaseException] = error
    while each is not None and len(found) < _MAX_CAUSES:
        each = each.__cause__ or (None if each.__suppress_context__ else each.__context__)
        if each is None or id(each) in seen:
            break
        seen.add(id(each))
        found.append(each)
    return found


def _title(error: BaseException) -> Dict[str, str]:
    return {"type": type(error).__qualname__, "message": _said(error)}


def _facts(error: BaseException, context: Dict[str, Any]) -> Dict[str, Any]:
    found: Dict[str, Any] = {}
    # The fault of a wrapper that tells nothing itself is that of its cause.
    for each in [error, *_chain(error)]:
        if isinstance(each, OSError) and each.errno in errno.errorcode:
            found.setdefault("errno", errno.errorcode[each.errno])
        if isinstance(each, subprocess.CalledProcessError):
            found.update(_exit(each))
        for name, value in (
            ("http_status", _http_status(each)),
            ("sqlstate", look(each, "sqlstate", None) or look(each, "pgcode", None)),
            ("grpc_status", _grpc_status(each)),
        ):
            if value is not None and isinstance(value, (int, str)):
                found.setdefault(name, value)
        retry_after = _retry_after(each)
        if retry_after:
            context.setdefault("retry_after", retry_after)
        milliseconds = look(each, "retry_after_ms", None)
        if isinstance(milliseconds, int):
            context.setdefault("retry_after_ms", milliseconds)
        if found:
            break
    return found


def look(holder: Any, name: str, default: Any = None) -> Any:
    """Look at an attribute of an object that may not be whole: some raise anything from ``__getattr__``."""
    try:
        return getattr(holder, name, default)
    except Exception:  # noqa: BLE001 - what cannot be looked at says nothing
        return default


def _said(error: BaseException) -> str:
    try:
        return str(error)
    except Exception as other:  # noqa: BLE001 - a report tells what it can
        return f"<its str raised {type(other).__qualname__}>"


def _exit(error: subprocess.CalledProcessError) -> Dict[str, Any]:
    found: Dict[str, Any] = {"exit_status": error.returncode}
    if error.returncode < 0:
        found = {"exit_status": 128 - error.returncode}
        # A number that this Python has no name for says enough by the exit status.
        with contextlib.suppress(ValueError):
            found["signal"] = signal.Signals(-error.returncode).name
    if error.stderr:
        text = error.stderr
        found["stderr"] = (text.decode(errors="replace") if isinstance(text, bytes) else str(text))[-MAX_TEXT:]
    return found


def _http_status(error: BaseException) -> Optional[int]:
    """Look where requests, httpx, aiohttp and urllib have it."""
    response = look(error, "response", None)
    for holder, name in ((response, "status_code"), (response, "status"), (error, "status"), (error, "code")):
        status = look(holder, name, None)
        if isinstance(status, int) and not isinstance(status, bool) and 100 <= status <= 599:
            return status
    return None


def _retry_after(error: BaseException) -> Optional[str]:
    for holder in (look(error, "response", None), error):
        headers = look(holder, "headers", None)
        get = look(headers, "get")
        value = get("Retry-After") if callable(get) else None
        if isinstance(value, (str, int)):
            return str(value)
    return None


def _grpc_status(error: BaseException) -> Optional[str]:
    code = look(error, "code", None)
    if type(error).__module__.startswith("grpc") and callable(code):
        name = look(code(), "name", None)
        return name if isinstance(name, str) else None
    return None


def _plain(value: Any, limit: int, depth: int = 0) -> Any:
    if value is None or isinstance(value, (bool, int)):
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else repr(value)
    if isinstance(value, str):
        return _text(value, limit)
    if depth < _MAX_DEPTH and isinstance(value, Mapping):
        items = list(value.items())[:_MAX_ITEMS]
        return {_text(str(name), 256): _plain(each, limit, depth + 1) for name, each in items}
    if depth < _MAX_DEPTH and isinstance(value, (list, tuple, set, frozenset)):
        return [_plain(each, limit, depth + 1) for each in list(value)[:_MAX_ITEMS]]
    try:
        return _text(repr(value), limit)
    except Exception as error:  # noqa: BLE001 - a report tells what it can
        return f"<{type(value).__qualname__}: its repr raised {type(error).__qualname__}>"


def _text(text: str, limit: int) -> str:
    # Names of files may have bytes that are no UTF-8; they come as lone surrogates.
    text = text.encode("utf-8", "backslashreplace").decode()
    if len(text) <= limit:
        return text
    half = limit // 2
    return f"{text[:half]} [... {len(text) - 2 * half} characters ...] {text[-half:]}"
