"""What the daemon answers, and the objects that calls take: dictionaries with known members.

Points in time are Unix milliseconds and end in ``_at``; durations are milliseconds and end in ``_ms``. Members that are
not listed may come from a newer daemon.
"""

from __future__ import annotations

from typing import Any, Dict, List, Mapping, Tuple, TypedDict, Union

#: A policy by its name, such as ``network``, or written out (``strategy``, ``base_ms``, ``max_attempts``, ...).
Policy = Union[str, Mapping[str, Any]]
#: What something is tied to: ``"connection"``, or a process as ``{"pid": N}``.
Hold = Union[str, Mapping[str, int]]
#: Where an undo goes and what it says: ``(queue, payload)``, or with ``policy`` and ``on_exhausted`` as a mapping.
Undo = Union[Tuple[str, Any], Mapping[str, Any]]


class Retry(TypedDict):
    """Whether and when to try again."""

    allowed: bool
    attempt: int
    max_attempts: int


class RetryAfter(Retry, total=False):
    """``after_ms`` is there where another try is allowed."""

    after_ms: int


class Decision(TypedDict):
    """What kind of failure it is, and what to do."""

    category: str
    severity: str
    strategy: str
    retry: RetryAfter
    guidance: List[str]
    why: str
    user_message: str


class Classified(Decision, total=False):
    """A verdict on what was not stored."""

    facts: List[str]
    rules: List[str]
    code: str
    plan: str
    ignored: List[str]


class StoredVerdict(Decision):
    """The verdict on what was reported."""

    error: int
    group: int
    occurrences: int
    is_new: bool
    is_regression: bool


class Verdict(StoredVerdict, total=False):
    """The verdict, with what only some have."""

    code: str
    plan: str
    ignored: List[str]
    sampled: bool
    repeated: bool


class Enqueued(TypedDict):
    """An operation that was put on a queue, or the live one with the same key."""

    operation: int
    deduplicated: bool


class LeasedRequired(TypedDict):
    """An operation that this client has now."""

    operation: int
    queue: str
    payload: Any
    attempt: int
    max_attempts: int
    lease: int
    lease_until_at: int
    uid: int


class Leased(LeasedRequired, total=False):
    """With what only some have."""

    transaction: int
    step: int
    correlation: str
    traceparent: str


class Leases(TypedDict):
    """The operations of one lease call; none where nothing was ready."""

    operations: List[Leased]


class Extended(TypedDict):
    """Until when the lease lasts now."""

    lease_until_at: int


class State(TypedDict):
    """The state that something is in now."""

    state: str


class Snoozed(State, total=False):
    """``ready_at`` is when it is leased again at the earliest."""

    ready_at: int


class FailedRequired(State):
    """What became of an operation that failed."""

    verdict: Verdict


class Failed(FailedRequired, total=False):
    """``retry_at`` is there where it is tried again."""

    retry_at: int


class Waited(State, total=False):
    """How an operation ended, or how it is after the wait."""

    result: Any
    last_error: int


class Acquired(TypedDict):
    """Whether a breaker lets the call through."""

    granted: bool
    state: str
    why: str


class Permit(Acquired, total=False):
    """``permit`` where it does, ``retry_after_ms`` where it does not."""

    permit: int
    retry_after_ms: int


class Recorded(TypedDict, total=False):
    """``stale`` says that the outcome came too late to be counted."""

    breaker: str
    state: str
    stale: bool


class BegunRequired(TypedDict):
    """A transaction that has begun."""

    transaction: int


class Begun(BegunRequired, total=False):
    """With its deadline, and what there is to warn of."""

    deadline_at: int
    warnings: List[str]


class SteppedRequired(TypedDict):
    """A step that is written down."""

    step: int


class Stepped(SteppedRequired, total=False):
    """With what there is to warn of."""

    warnings: List[str]


class Ended(State):
    """How a transaction is."""

    steps: int


class TransactionState(Ended, total=False):
    """With why, and whether an undo did not run."""

    reason: str
    incomplete: bool


class Hello(TypedDict):
    """Who the daemon is, and what it allows."""

    version: str
    wire: int
    instance: str
    role: str
    uid: int
    limits: Dict[str, int]
    dry_run: bool


class Condition(TypedDict):
    """``ok`` or ``degraded``, and why."""

    status: str
    problems: List[Dict[str, str]]


class Health(Condition, total=False):
    """That, with what is to be known besides, where there is anything."""

    notices: List[Dict[str, Any]]


#: An answer that is for people rather than for programs: its members are in PROTOCOL.md.
Answer = Dict[str, Any]
