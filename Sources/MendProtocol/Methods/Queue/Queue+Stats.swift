extension Queue {
    /// Every queue with its counts and settings.
    public struct Stats: Method {
        public static let name = "queue.stats"
        public static let summary = "Answers each queue with its counts by state and its settings, page by page."
        public static let role = Role.observer

        /// Only this one.
        public var queue: Name?
        public var limit: PageSize?
        /// The last answer's `next`.
        public var after: Name?

        public init(queue: Name? = nil, limit: PageSize? = nil, after: Name? = nil) {
            self.queue = queue
            self.limit = limit
            self.after = after
        }

        public struct Answer: Codable, Hashable, Sendable {
            /// By name.
            public var queues: [QueueInfo]
            /// Where the next page begins; absent at the end.
            public var next: Name?

            public init(queues: [QueueInfo], next: Name? = nil) {
                self.queues = queues
                self.next = next
            }
        }
    }
}

/// A queue and what is in it.
public struct QueueInfo: Codable, Hashable, Sendable {
    public var queue: Name
    public var paused: Bool
    public var counts: OperationCounts
    /// How long ago the operation that is leased next was enqueued.
    public var nextAgeMs: Int64?
    public var settings: QueueSettings
    /// The replay of its dead letters that is under way.
    public var replay: ReplayInfo?

    public init(queue: Name, paused: Bool, counts: OperationCounts, nextAgeMs: Int64?, settings: QueueSettings) {
        self.queue = queue
        self.paused = paused
        self.counts = counts
        self.nextAgeMs = nextAgeMs
        self.settings = settings
    }

    enum CodingKeys: String, CodingKey {
        case queue, paused, counts, settings, replay
        case nextAgeMs = "next_age_ms"
    }
}
