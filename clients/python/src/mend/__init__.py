"""The Python client of Mend, the error handling and recovery service of a Linux host.

Report what went wrong and obey the verdict (``report``, ``errors``, ``retry``, ``wrap_task``), share breakers with the
whole host (``guard``), undo what was left half done (``transaction``), and do work that survives (``enqueue``,
``worker``). ``Client`` and ``AsyncClient`` call any method of the protocol.
"""

from __future__ import annotations

from . import types
from ._async_client import AsyncClient, AsyncFollow
from ._async_worker import AsyncWorker
from ._blocks import Attempt, errors
from ._call import Call, call, correlation
from ._client import Client
from ._connection import Pending
from ._describe import annotate, describe
from ._events import Follow
from ._exceptions import (
    BreakerOpen,
    CallFailed,
    CallTimeout,
    Cancelled,
    Conflict,
    ConnectionLost,
    DeadlineExceeded,
    DiskFull,
    IdempotencyMismatch,
    InternalError,
    InvalidParams,
    InvalidRequest,
    LeaseLost,
    MendError,
    MethodNotFound,
    NotFound,
    ParseError,
    PermissionDenied,
    ProtocolViolation,
    QueueFull,
    ShuttingDown,
    SpoolFull,
    TaskTimeout,
    TooLarge,
    TooManyConnections,
    Unavailable,
    Unreachable,
)
from ._guard import guard
from ._hooks import LoggingHandler, install_excepthook
from ._job import Job, Reject, Release, Snooze
from ._report import enqueue, enqueue_async, flush, report, report_async
from ._retry import retry, wrap_task
from ._settings import async_client, client, configure
from ._transaction import AsyncTransaction, Transaction, async_transaction, transaction
from ._worker import Worker
from ._workers import worker

__version__ = "0.1.0"

__all__ = [
    "AsyncClient",
    "AsyncFollow",
    "AsyncTransaction",
    "AsyncWorker",
    "Attempt",
    "BreakerOpen",
    "Call",
    "CallFailed",
    "CallTimeout",
    "Cancelled",
    "Client",
    "Conflict",
    "ConnectionLost",
    "DeadlineExceeded",
    "DiskFull",
    "Follow",
    "IdempotencyMismatch",
    "InternalError",
    "InvalidParams",
    "InvalidRequest",
    "Job",
    "LeaseLost",
    "LoggingHandler",
    "MendError",
    "MethodNotFound",
    "NotFound",
    "ParseError",
    "Pending",
    "PermissionDenied",
    "ProtocolViolation",
    "QueueFull",
    "Reject",
    "Release",
    "ShuttingDown",
    "Snooze",
    "SpoolFull",
    "TaskTimeout",
    "TooLarge",
    "TooManyConnections",
    "Transaction",
    "Unavailable",
    "Unreachable",
    "Worker",
    "annotate",
    "async_client",
    "async_transaction",
    "call",
    "client",
    "configure",
    "correlation",
    "describe",
    "enqueue",
    "enqueue_async",
    "errors",
    "flush",
    "guard",
    "install_excepthook",
    "report",
    "report_async",
    "retry",
    "transaction",
    "types",
    "worker",
    "wrap_task",
]
