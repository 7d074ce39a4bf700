"""Reports that are not lost: what cannot be told now is kept in the spool, and told later."""

from __future__ import annotations

import functools
import logging
import re
import time
import uuid
from typing import Any, Dict, Optional, Union, cast

from . import _settings
from ._call import Call
from ._client import Client
from ._describe import cleaned, describe, look, mapping
from ._effects import File, Steps, run, run_async
from ._exceptions import AWAY, InvalidParams, MendError
from ._queue import enqueue as enqueue_call
from .types import Enqueued, Verdict

_log = logging.getLogger("mend")


def reporting(report: Dict[str, Any], client: Optional[Client] = None) -> Steps[Optional[Verdict]]:
    """Report, and give the verdict; None where the daemon is away and the report was kept, or lost as the log says."""
    report.setdefault("service", _settings.service())
    report["context"] = {**_settings.context(), **mapping(report.get("context"))}
    report = cleaned({"occurred_at": int(time.time() * 1000), **report})
    while True:
        call = cast("Call[Verdict]", Call("error.report", report)).with_meta(idempotency_key=uuid.uuid4().hex)
        try:
            yield from _deliver(client)
            return cast(Verdict, (yield call))
        except AWAY as away:
            try:
                yield from _keep(call, away)
            except (MendError, OSError):
                _log.exception("a report is lost: %s", report.get("message"))
            return None
        except MendError as error:
            # A member that is not as it should be is told as context: better than to lose what went wrong.
            name = re.split(r"[.\[]", error.field or "")[0]
            if not isinstance(error, InvalidParams) or name in ("", "message", "context") or name not in report:
                _log.exception("a report was refused: %s", report.get("message"))
                return None
            _log.warning("%s of a report is told as its context: %s", name, error)
            context = {**report["context"], name: report[name]}
            report = {**{each: value for each, value in report.items() if each != name}, "context": context}


def enqueueing(call: Call[Enqueued], client: Optional[Client] = None) -> Steps[Optional[Enqueued]]:
    """Enqueue, or keep the call in the spool."""
    call = call.with_meta(idempotency_key=call.meta.get("idempotency_key") or uuid.uuid4().hex)
    try:
        yield from _deliver(client)
        return cast(Enqueued, (yield call))
    except AWAY as away:
        yield from _keep(call, away)
    return None


def _deliver(client: Optional[Client]) -> Steps[None]:
    """Send what was kept first, so that it comes before what happens now."""
    spool = _settings.spool()
    if spool is None or spool.is_empty:
        return
    try:
        yield File(functools.partial(spool.deliver, client or _settings.client()))
    except AWAY:
        # What happens now comes after what is kept: it is kept, too.
        raise
    except (MendError, OSError):
        _log.exception("what is kept in %s cannot be delivered now", spool.path)


def _keep(call: Call[Any], away: MendError) -> Steps[None]:
    spool = _settings.spool()
    if spool is None:
        raise away
    yield File(functools.partial(spool.append, call.method, call.full_params({})))
    _log.warning("the daemon is away (%s); a call of %s is kept in %s", away, call.method, spool.path)


def _report_of(what: Union[BaseException, str], members: Dict[str, Any]) -> Dict[str, Any]:
    if isinstance(what, BaseException):
        return describe(what, **members)
    return {"message": str(what), **{name: value for name, value in members.items() if value is not None}}


def report(what: Union[BaseException, str], **members: Any) -> Optional[Verdict]:
    """Report an exception or a message, with any members of ``error.report``, and give the verdict.

    It raises nothing: while the daemon is away the report is kept in the spool and this gives None; where it could not
    even be kept, the logger ``mend`` says so.
    """
    verdict = run(reporting(_report_of(what, members)), _settings.client())
    return _noted(what, verdict)


async def report_async(what: Union[BaseException, str], **members: Any) -> Optional[Verdict]:
    """Do the same in a coroutine."""
    verdict = await run_async(reporting(_report_of(what, members)), _settings.async_client())
    return _noted(what, verdict)


def _noted(what: Union[BaseException, str], verdict: Optional[Verdict]) -> Optional[Verdict]:
    if isinstance(what, BaseException):
        note(what, verdict)
    return verdict


def note(error: BaseException, verdict: Optional[Verdict]) -> None:
    """Mark an exception as reported, for who meets it later."""
    # Some exceptions do not let their attributes be set.
    BaseException.__setattr__(error, "__mend_reported__", True)
    BaseException.__setattr__(error, "mend_verdict", verdict)


def is_reported(error: BaseException) -> bool:
    """Whether an exception was reported by this library already."""
    return bool(look(error, "__mend_reported__", False))


def enqueue(queue: str, payload: Any, *, spool: bool = False, **options: Any) -> Optional[Enqueued]:
    """Put an operation on a queue, with the options of ``client.queue.enqueue``.

    With ``spool=True`` the operation may also begin later: while the daemon is away, it is kept in the spool, and this
    gives None. Raises ``SpoolFull`` where it could not be kept, and without ``spool`` whatever the call raises.
    """
    call = enqueue_call(queue, payload, **options)
    client = _settings.client()
    return run(enqueueing(call), client) if spool else client.do(call)


async def enqueue_async(queue: str, payload: Any, *, spool: bool = False, **options: Any) -> Optional[Enqueued]:
    """Do the same in a coroutine."""
    call = enqueue_call(queue, payload, **options)
    client = _settings.async_client()
    if spool:
        return await run_async(enqueueing(call), client)
    enqueued: Enqueued = await client.do(call)
    return enqueued


def flush() -> int:
    """Deliver what the spool holds, and tell how many calls that were. Raises a ``MendError`` where it cannot."""
    spool = _settings.spool()
    return 0 if spool is None else spool.deliver(_settings.client())
