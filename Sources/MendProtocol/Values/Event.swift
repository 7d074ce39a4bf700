import MendWire

/// What kind of change an event tells of.
public enum EventKind: String, WireEnum {
    /// An operation failed and is tried again later.
    case operationRetried = "operation.retried"
    /// An operation was set aside: a person must look.
    case operationDead = "operation.dead"
    /// An operation ended because it had lost its workers too often.
    case operationPoison = "operation.poison"
    /// An operation was not done by its time.
    case operationExpired = "operation.expired"
    /// An operation's stored policy is not known to this version; `standard` stands in for it.
    case policyUnknown = "policy.unknown"
    /// A lease ended without its worker having said how.
    case leaseLost = "lease.lost"
    /// A dead letter was forgotten before its time: its queue had too many.
    case operationForgotten = "operation.forgotten"
    /// Operations with a breaker of their own were parked: it opened.
    case operationParked = "operation.parked"
    /// The breaker of a queue opened: its operations are parked.
    case queueParked = "queue.parked"
    case queueUnparked = "queue.unparked"
    /// Dead letters of a queue are put back, a few at a time; and no longer.
    case replayBegun = "replay.begun"
    case replayEnded = "replay.ended"
    /// Space has run out: new work is refused.
    case spaceShort = "space.short"
    case spaceBack = "space.back"
    /// A breaker denies calls: too many had failed.
    case breakerOpened = "breaker.opened"
    /// A breaker lets a few calls through to try.
    case breakerHalfOpen = "breaker.half_open"
    case breakerClosed = "breaker.closed"
    /// An operator holds a breaker open.
    case breakerForced = "breaker.forced"
    /// An operator has taken a breaker out of action.
    case breakerDisabled = "breaker.disabled"
    case transactionCommitted = "transaction.committed"
    case transactionRollingBack = "transaction.rolling_back"
    case transactionRolledBack = "transaction.rolled_back"
    /// A transaction was rolled back to one of its steps, and goes on from there.
    case transactionRolledBackTo = "transaction.rolled_back_to"
    /// A transaction stopped: a person must look.
    case transactionParked = "transaction.parked"
    case transactionResumed = "transaction.resumed"
    /// A rollback goes on without one of its undos.
    case transactionSkipped = "transaction.skipped"
    /// A transaction was ended by hand.
    case transactionResolved = "transaction.resolved"
    /// Nobody takes a rollback's undo.
    case transactionUndrained = "transaction.undrained"
    /// A call that only an operator may make.
    case operatorCall = "operator.call"
    /// A problem was reported for the first time.
    case groupNew = "group.new"
    /// A problem that was resolved is back.
    case groupRegressed = "group.regressed"
    /// A problem occurs far more often than it used to.
    case groupEscalating = "group.escalating"
    /// Groups turned out to be one problem.
    case groupMerged = "group.merged"
    /// There are too many reports of a problem or of a user: the rest of this minute's are only counted.
    case reportsSampled = "errors.sampled"
    /// The daemon began to work.
    case daemonStarted = "daemon.started"
    /// The wall clock was set: times before and after this event cannot be compared.
    case clockJumped = "clock.jumped"
}

/// A notable change: one entry of the journal.
public struct Event: Codable, Hashable, Sendable {
    /// Its number: one more than that of the event before it, without a gap.
    public var event: Int64
    public var at: Int64
    public var kind: EventKind
    /// For people.
    public var message: String
    public var operation: Int64?
    public var queue: Name?
    public var breaker: Name?
    public var transaction: Int64?
    public var error: Int64?
    public var group: Int64?
    public var correlation: Name?
    /// Who caused it, where a caller did.
    public var uid: UInt32?
    public var pid: Int32?
    public var unit: String?
    /// What else there is to say, by its kind.
    public var details: RawJSON?

    public init(event: Int64, at: Int64, kind: EventKind, message: String) {
        self.event = event
        self.at = at
        self.kind = kind
        self.message = message
    }
}
