/// What clients were told of one operation.
struct ToldOperation {
    enum Ending: String {
        case done, dead, cancelled
    }

    enum Origin: Equatable {
        case enqueue(serial: Int)
        case undo(saga: Int, step: Int)
    }

    let origin: Origin
    /// The newest token, 0 where there was none.
    var lease = 0
    var grantedMs = 0
    /// Before this time the lease does not end by itself.
    var untilMs = 0
    var isTiedToConnection = false
    var run = 0
    /// Whether the lease is in force, as far as was told.
    var isOut = false
    /// Whether it may have ended: `fail` or `release` was asked.
    var mayHaveEnded = false
    /// What it has become, as an answer said.
    var ending: Ending?
    var endingToldMs = 0
    /// What it may have become: asked, and not answered.
    var isCompleteAsked = false
    var isCancelAsked = false
    /// The error of its last failure that was told.
    var lastError = 0

    init(_ origin: Origin) { self.origin = origin }

    /// The time before which the lease cannot have ended by itself: after a restart of the daemon, what is tied to a
    /// connection has 30 s to be presented again.
    func safeUntilMs(_ ledger: Ledger) -> Int {
        guard isTiedToConnection, run != ledger.run else { return untilMs }
        return min(untilMs, ledger.runBeganMs + 30_000)
    }

    /// Whether nobody else can have it before its time is over.
    var isSurelyOut: Bool { isOut && !mayHaveEnded && !isCancelAsked && ending == nil }
}

/// What became of an enqueue.
enum Enqueued: Equatable {
    /// No answer yet, or none at all.
    case asked
    case told(operation: Int)
    /// Another live operation had its key.
    case deduplicated
    /// It was refused, so it must not be there.
    case refused
}
