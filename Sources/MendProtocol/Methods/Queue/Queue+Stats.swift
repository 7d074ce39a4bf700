extension Queue {
    /// Every queue with its counts.
    public struct Stats: Method {
        public static let name = "queue.stats"
        public static let summary = "Answers each queue with its counts by state."
        public static let role = Role.observer

        /// Only this one.
        public var queue: Name?

        public init(queue: Name? = nil) { self.queue = queue }

        public struct Answer: Codable, Hashable, Sendable {
            public var queues: [QueueInfo]

            public init(queues: [QueueInfo]) { self.queues = queues }
        }
    }
}

/// A queue and what is in it.
public struct QueueInfo: Codable, Hashable, Sendable {
    public var queue: Name
    public var paused: Bool
    /// Live operations that it takes before it answers `queue_full`.
    public var maxSize: Int64
    public var counts: OperationCounts
    /// How long ago the operation that is leased next was enqueued.
    public var nextAgeMs: Int64?

    public init(queue: Name, paused: Bool, maxSize: Int64, counts: OperationCounts, nextAgeMs: Int64?) {
        self.queue = queue
        self.paused = paused
        self.maxSize = maxSize
        self.counts = counts
        self.nextAgeMs = nextAgeMs
    }

    enum CodingKeys: String, CodingKey {
        case queue, paused, counts
        case maxSize = "max_size"
        case nextAgeMs = "next_age_ms"
    }
}
