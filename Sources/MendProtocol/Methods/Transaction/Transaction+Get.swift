import MendWire

extension Transaction {
    /// One transaction with its steps.
    public struct Get: Method {
        public static let name = "transaction.get"
        public static let summary = "Answers one transaction with its steps and their undos."
        public static let role = Role.observer

        public var transaction: Int64

        public init(transaction: Int64) { self.transaction = transaction }

        public struct Answer: Codable, Hashable, Sendable {
            public var info: TransactionInfo
            public var steps: [StepInfo]

            public init(info: TransactionInfo, steps: [StepInfo]) {
                self.info = info
                self.steps = steps
            }
        }
    }
}

/// A transaction as it is kept.
public struct TransactionInfo: Codable, Hashable, Sendable {
    public var transaction: Int64
    public var name: Name
    public var state: TransactionState
    public var uid: UInt32
    public var steps: Int64
    public var begunAt: Int64
    /// Of one that is active.
    public var deadlineAt: Int64?
    /// Of one at its end.
    public var endedAt: Int64?
    /// Why it was rolled back or parked.
    public var reason: String?
    public var correlation: Name?
    /// Of one that is rolled back to a step, from where it goes on.
    public var toStep: Int64?
    /// Some of its undos were given up; absent where none was.
    public var incomplete: Bool?

    public init(
        transaction: Int64, name: Name, state: TransactionState, uid: UInt32, steps: Int64, begunAt: Int64,
        deadlineAt: Int64?, endedAt: Int64?, reason: String?, correlation: Name?
    ) {
        self.transaction = transaction
        self.name = name
        self.state = state
        self.uid = uid
        self.steps = steps
        self.begunAt = begunAt
        self.deadlineAt = deadlineAt
        self.endedAt = endedAt
        self.reason = reason
        self.correlation = correlation
    }

    enum CodingKeys: String, CodingKey {
        case transaction, name, state, uid, steps, reason, correlation, incomplete
        case toStep = "to_step"
        case begunAt = "begun_at"
        case deadlineAt = "deadline_at"
        case endedAt = "ended_at"
    }
}

/// A step and what became of its undo.
public struct StepInfo: Codable, Hashable, Sendable {
    public var step: Int64
    public var name: String
    public var state: StepState
    /// It was never confirmed, so it may or may not have happened.
    public var uncertain: Bool
    /// The undo's queue; absent where the step has no undo.
    public var queue: Name?
    /// The undo's operation, once it has begun.
    public var operation: Int64?

    public init(
        step: Int64, name: String, state: StepState, uncertain: Bool, queue: Name?, operation: Int64?
    ) {
        self.step = step
        self.name = name
        self.state = state
        self.uncertain = uncertain
        self.queue = queue
        self.operation = operation
    }
}
