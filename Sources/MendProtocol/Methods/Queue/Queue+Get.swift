import MendWire

extension Queue {
    /// One operation, whole.
    public struct Get: Method {
        public static let name = "queue.get"
        public static let summary = "Answers one operation with its payload, and its result or last error."
        public static let role = Role.observer
        public typealias Answer = OperationInfo

        public var operation: Int64

        public init(operation: Int64) { self.operation = operation }
    }
}

/// An operation as it is kept.
public struct OperationInfo: Codable, Hashable, Sendable {
    public var operation: Int64
    public var queue: Name
    public var state: OperationState
    public var priority: Int64
    /// Absent in lists, and for those who may not see it.
    public var payload: RawJSON?
    /// Attempts spent or under way.
    public var attempt: Int64
    public var maxAttempts: Int64
    /// The breaker that decides whether it is parked: its own, else that of its queue.
    public var breaker: Name?
    public var key: String?
    public var lane: String?
    /// What becomes of the lane when it is dead; absent where the next one goes.
    public var onDead: Queue.Enqueue.OnDead?
    /// The retry policy that it came with; absent where the queue's holds.
    public var policy: PolicyChoice?
    /// How long it and its result stay readable once it is done, where that was asked for.
    public var keepResultMs: Int64?
    /// The operation that must end before this one, the next of its lane, can go.
    public var behind: Int64?
    public var uid: UInt32
    public var enqueuedAt: Int64
    /// When it is ready: of a scheduled one.
    public var readyAt: Int64?
    /// Of a leased one.
    public var leaseUntilAt: Int64?
    public var worker: String?
    /// When it expires, done or not.
    public var expiresAt: Int64?
    /// Of one at its end.
    public var endedAt: Int64?
    public var result: RawJSON?
    /// The report of its last failure.
    public var lastError: Int64?
    public var lastMessage: String?
    public var transaction: Int64?
    public var step: Int64?
    public var correlation: Name?
    public var traceparent: TraceParent?

    public init(
        operation: Int64, queue: Name, state: OperationState, priority: Int64, attempt: Int64, maxAttempts: Int64,
        uid: UInt32, enqueuedAt: Int64
    ) {
        self.operation = operation
        self.queue = queue
        self.state = state
        self.priority = priority
        self.attempt = attempt
        self.maxAttempts = maxAttempts
        self.uid = uid
        self.enqueuedAt = enqueuedAt
    }

    enum CodingKeys: String, CodingKey {
        case operation, queue, state, priority, payload, attempt, breaker, key, lane, policy, behind, uid, worker,
            result, transaction, step
        case correlation, traceparent
        case maxAttempts = "max_attempts"
        case onDead = "on_dead"
        case keepResultMs = "keep_result_ms"
        case enqueuedAt = "enqueued_at"
        case readyAt = "ready_at"
        case leaseUntilAt = "lease_until_at"
        case expiresAt = "expires_at"
        case endedAt = "ended_at"
        case lastError = "last_error"
        case lastMessage = "last_message"
    }
}
