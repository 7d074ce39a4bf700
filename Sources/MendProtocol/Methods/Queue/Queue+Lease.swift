import MendWire

extension Queue {
    /// Takes operations to do them. Each comes with a lease: a fencing token that its end must present.
    public struct Lease: Method {
        public static let name = "queue.lease"
        public static let summary = "Takes ready operations for a time; waits for one where asked to."
        public static let role = Role.client

        /// Where to take from: the first that has something wins.
        public var queues: [Name]
        /// How many at most, 1 where it is left out.
        public var max: PageSize?
        /// How long until an operation that nobody ended is ready again; 60 s where it is left out.
        public var leaseMs: PositiveMilliseconds?
        /// How long to wait for the first one; not at all where it is left out.
        public var waitMs: Milliseconds?
        /// A name to be seen by people.
        public var worker: String?
        /// Whose end ends the leases at once; only their time does where it is left out.
        public var hold: Hold?

        public init(
            queues: [Name], max: PageSize? = nil, leaseMs: PositiveMilliseconds? = nil, waitMs: Milliseconds? = nil,
            worker: String? = nil, hold: Hold? = nil
        ) {
            self.queues = queues
            self.max = max
            self.leaseMs = leaseMs
            self.waitMs = waitMs
            self.worker = worker
            self.hold = hold
        }

        enum CodingKeys: String, CodingKey {
            case queues, max, worker, hold
            case leaseMs = "lease_ms"
            case waitMs = "wait_ms"
        }

        public struct Answer: Codable, Hashable, Sendable {
            /// Empty where nothing was ready in time.
            public var operations: [Leased]

            public init(operations: [Leased]) { self.operations = operations }
        }
    }
}

/// An operation in a worker's hands.
public struct Leased: Codable, Hashable, Sendable {
    public var operation: Int64
    public var queue: Name
    public var payload: RawJSON
    /// 1 the first time.
    public var attempt: Int64
    public var maxAttempts: Int64
    /// The fencing token: `complete`, `fail`, `extend` and `release` need it.
    public var lease: Int64
    public var leaseUntilAt: Int64
    /// Who enqueued it.
    public var uid: UInt32
    /// The transaction and step that it undoes.
    public var transaction: Int64?
    public var step: Int64?
    public var correlation: Name?
    public var traceparent: TraceParent?

    public init(
        operation: Int64, queue: Name, payload: RawJSON, attempt: Int64, maxAttempts: Int64, lease: Int64,
        leaseUntilAt: Int64, uid: UInt32, transaction: Int64? = nil, step: Int64? = nil, correlation: Name? = nil,
        traceparent: TraceParent? = nil
    ) {
        self.operation = operation
        self.queue = queue
        self.payload = payload
        self.attempt = attempt
        self.maxAttempts = maxAttempts
        self.lease = lease
        self.leaseUntilAt = leaseUntilAt
        self.uid = uid
        self.transaction = transaction
        self.step = step
        self.correlation = correlation
        self.traceparent = traceparent
    }

    enum CodingKeys: String, CodingKey {
        case operation, queue, payload, attempt, lease, uid, transaction, step, correlation, traceparent
        case maxAttempts = "max_attempts"
        case leaseUntilAt = "lease_until_at"
    }
}
