/// What kind of failure it is.
public enum Category: String, WireEnum {
    case transient, resource, validation, permanent, data
    case businessLogic = "business_logic"
    case system, inventory, notification, configuration, dependency, unknown
}

/// How bad it is.
public enum Severity: String, WireEnum {
    case low, medium, high, critical
}

/// What to do about it.
public enum Strategy: String, WireEnum {
    /// Try again, as the policy says.
    case retry
    /// Try again once the resource is back.
    case wait
    /// Tell the user; trying again changes nothing.
    case failFast = "fail_fast"
    /// Set aside: a person must look.
    case deadLetter = "dead_letter"
    /// The two sides disagree: compare, then repair.
    case reconcile
}

/// Where an operation is.
public enum OperationState: String, WireEnum {
    case held, scheduled, ready, parked, leased, done, dead, cancelled, expired

    /// Whether it may still happen.
    public var isLive: Bool {
        switch self {
        case .held, .scheduled, .ready, .parked, .leased: true
        case .done, .dead, .cancelled, .expired: false
        }
    }
}

/// Where a breaker is; the last two are by hand.
public enum BreakerState: String, WireEnum {
    case closed, open
    case halfOpen = "half_open"
    case forcedOpen = "forced_open"
    case disabled
}

/// How a call behind a permit ended.
public enum Outcome: String, WireEnum {
    case success, failure, timeout
    /// It says nothing about the dependency's health.
    case ignored
}

/// Where a transaction is.
public enum TransactionState: String, WireEnum {
    case active, committed
    case rollingBack = "rolling_back"
    case rolledBack = "rolled_back"
    case parked
}

/// Where a step of a transaction is.
public enum StepState: String, WireEnum {
    /// Its undo is on disk; the step itself may or may not have happened.
    case recorded
    case confirmed
    /// Its undo is on its queue.
    case undoing
    case undone
    /// It had no undo to run.
    case passed
    /// Its undo used up its attempts.
    case parked
    /// Its undo was given up.
    case skipped
}
