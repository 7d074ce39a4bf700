"""What can go wrong with a call, one class for each reason that programs tell apart."""

from __future__ import annotations

from typing import Any, Dict, Mapping, Optional, Type


class MendError(Exception):
    """The base of all errors of this library.

    ``reason`` is a stable word on which programs match, ``retryable`` tells whether the same call may succeed later,
    ``retry_after_ms`` when (milliseconds), ``field`` which parameter is at fault, and ``hint`` what to do next.
    ``code`` and ``data`` are the daemon's own, where it has answered. All of them survive pickling.
    """

    reason: str = "error"
    retryable: bool = False

    def __init__(
        self,
        message: str = "",
        *,
        reason: Optional[str] = None,
        retryable: Optional[bool] = None,
        retry_after_ms: Optional[int] = None,
        field: Optional[str] = None,
        hint: Optional[str] = None,
        code: Optional[int] = None,
        data: Optional[Mapping[str, Any]] = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        if reason is not None:
            self.reason = reason
        if retryable is not None:
            self.retryable = retryable
        self.retry_after_ms = retry_after_ms
        self.field = field
        self.hint = hint
        self.code = code
        self.data: Dict[str, Any] = dict(data or {})

    def __str__(self) -> str:
        return f"{self.message} ({self.hint})" if self.hint else self.message


class Unreachable(MendError):
    """There is no connection to the daemon: nothing was sent."""

    reason = "unreachable"
    retryable = True


class ConnectionLost(MendError):
    """The connection ended before the answer came. Whether the call was done is not known."""

    reason = "connection_lost"


class NotSent(ConnectionLost):
    """The connection had ended before anything was sent: the call can be sent on another one."""


class CallTimeout(MendError):
    """No answer came in time. Whether the call was or will be done is not known."""

    reason = "timed_out"


class ProtocolViolation(MendError):
    """What came is not what the wire says. Whether the call was done is not known."""

    reason = "protocol_violation"


class BreakerOpen(MendError):
    """A breaker denied the call, which was not made. ``data`` has ``breaker`` and ``state``."""

    reason = "breaker_open"
    retryable = True


class TaskTimeout(MendError, TimeoutError):
    """What ran under ``guard(timeout=...)`` did not end in time."""

    reason = "task_timeout"
    retryable = True


class SpoolFull(MendError):
    """The daemon is away, and the file that keeps calls for it holds as much as it may. Nothing was kept."""

    reason = "spool_full"
    retryable = True


class CallFailed(MendError):
    """The daemon refused the call: nothing was done."""


class ParseError(CallFailed):
    """The line was no JSON."""

    reason = "parse_error"


class InvalidRequest(CallFailed):
    """It was JSON, and no request."""

    reason = "invalid_request"


class MethodNotFound(CallFailed):
    """There is no such method."""

    reason = "method_not_found"


class InvalidParams(CallFailed):
    """The method does not take these parameters; ``field`` names the one at fault."""

    reason = "invalid_params"


class InternalError(CallFailed):
    """A fault of the daemon's own."""

    reason = "internal_error"


class NotFound(CallFailed):
    """There is no such operation, breaker, transaction, ... (any more)."""

    reason = "not_found"


class Conflict(CallFailed):
    """It is in a state in which this cannot be done."""

    reason = "conflict"


class LeaseLost(CallFailed):
    """The lease has ended; the operation may be in other hands."""

    reason = "lease_lost"


class QueueFull(CallFailed):
    """The queue holds as many live operations as it may."""

    reason = "queue_full"
    retryable = True


class PermissionDenied(CallFailed):
    """The caller's role does not suffice, or it belongs to another user."""

    reason = "permission_denied"


class IdempotencyMismatch(CallFailed):
    """The idempotency key was used with other parameters."""

    reason = "idempotency_mismatch"


class DeadlineExceeded(CallFailed):
    """The call's own deadline passed before it was done."""

    reason = "deadline_exceeded"
    retryable = True


class TooLarge(CallFailed):
    """More bytes or items than are kept."""

    reason = "too_large"


class DiskFull(CallFailed):
    """There is no space left; nothing of the call was kept."""

    reason = "disk_full"
    retryable = True


class ShuttingDown(CallFailed):
    """The daemon stops; a wait ended, or the call was not begun."""

    reason = "shutting_down"
    retryable = True


class Cancelled(CallFailed):
    """The wait was ended by its client."""

    reason = "cancelled"


class Unavailable(CallFailed):
    """The daemon runs, but cannot use its state: ``system.health`` says why."""

    reason = "unavailable"
    retryable = True


class TooManyConnections(CallFailed):
    """There is no room for this connection."""

    reason = "too_many_connections"
    retryable = True


#: The class of each reason that the daemon answers.
BY_REASON: Dict[str, Type[CallFailed]] = {each.reason: each for each in CallFailed.__subclasses__()}

#: The daemon is not there, or cannot keep anything now. What may be delayed safely is spooled then.
AWAY = (Unreachable, ConnectionLost, CallTimeout, Unavailable, ShuttingDown, DiskFull, TooManyConnections)


def from_answer(error: Mapping[str, Any]) -> CallFailed:
    """Make the exception of an answer's ``error``. A reason that is not known yet is a plain ``CallFailed``."""
    data = error.get("data")
    data = data if isinstance(data, Mapping) else {}
    reason = str(data.get("reason", "unknown"))
    kind = BY_REASON.get(reason, CallFailed)
    retryable = data.get("retryable")
    return kind(
        str(error.get("message", "")),
        reason=reason,
        retryable=kind.retryable if retryable is None else bool(retryable),
        retry_after_ms=data.get("retry_after_ms"),
        field=data.get("field"),
        hint=data.get("hint"),
        code=error.get("code"),
        data=data,
    )
