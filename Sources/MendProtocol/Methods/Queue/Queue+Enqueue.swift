import MendWire

extension Queue {
    /// Keeps an operation that must still happen. Once it is answered it is on disk.
    public struct Enqueue: Method {
        public static let name = "queue.enqueue"
        public static let summary = "Keeps an operation until a worker has done it: at least once, over any crash."
        public static let role = Role.client

        public var queue: Name
        /// Any JSON; it belongs to the caller and comes back as it was sent.
        public var payload: RawJSON
        /// 0 is the most urgent, 100 where it is left out.
        public var priority: Priority?
        /// How long it waits before it is ready. Excludes `run_at`.
        public var delayMs: Milliseconds?
        /// When it is ready, by the wall clock. Excludes `delay_ms`.
        public var runAt: Timestamp?
        /// At most one live operation per queue and key: a second enqueue answers the first's id.
        public var key: String?
        /// Stands over the policy's.
        public var maxAttempts: Attempts?
        public var policy: PolicyChoice?
        /// Operations of one lane of a queue run one at a time, in the order in which they were enqueued.
        public var lane: String?
        /// What becomes of the lane when this operation is dead: the next one goes, where nothing is said.
        public var onDead: OnDead?
        /// How long it may take until it has been done; then it becomes `expired`, unless a worker has it.
        public var expiresMs: PositiveMilliseconds?
        /// How long it and its result stay readable once it is done: at least an hour, the retention's time where it is
        /// left out.
        public var keepResultMs: ResultTime?
        /// While this breaker is open, the operation is parked, and spends no attempt. It is asked beside the queue's.
        public var breaker: Name?
        /// The transaction that holds it: nobody sees it before that commits, from when `delay_ms` counts, and a rollback
        /// drops it.
        public var transaction: Int64?

        public init(
            queue: Name, payload: RawJSON, priority: Priority? = nil, delayMs: Milliseconds? = nil,
            runAt: Timestamp? = nil, key: String? = nil, maxAttempts: Attempts? = nil, policy: PolicyChoice? = nil,
            lane: String? = nil, onDead: OnDead? = nil
        ) {
            self.queue = queue
            self.payload = payload
            self.priority = priority
            self.delayMs = delayMs
            self.runAt = runAt
            self.key = key
            self.maxAttempts = maxAttempts
            self.policy = policy
            self.lane = lane
            self.onDead = onDead
        }

        enum CodingKeys: String, CodingKey {
            case queue, payload, priority, key, policy, lane, breaker, transaction
            case delayMs = "delay_ms"
            case runAt = "run_at"
            case maxAttempts = "max_attempts"
            case onDead = "on_dead"
            case expiresMs = "expires_ms"
            case keepResultMs = "keep_result_ms"
        }

        public enum OnDead: String, WireEnum {
            /// The next operation of the lane goes.
            case next
            /// The lane stands still until the dead one is replayed and done, or cancelled.
            case block
        }

        public struct Answer: Codable, Hashable, Sendable {
            public var operation: Int64
            /// Whether a live operation with this key was there already; `operation` is that one.
            public var deduplicated: Bool

            public init(operation: Int64, deduplicated: Bool) {
                self.operation = operation
                self.deduplicated = deduplicated
            }
        }
    }
}
