extension Queue {
    /// Puts dead letters back, with all their attempts before them: one, or those of a queue, or those of them that a filter
    /// wants. With a filter, a rate or a canary it goes on by itself after the answer, over restarts, until it has
    /// looked at all that were dead when it began.
    public struct Replay: Method {
        public static let name = "queue.replay"
        public static let summary =
            "Puts dead letters back on their queue: one, all or by filter, at once or at a rate, one first if asked."
        public static let role = Role.client

        /// One of them. Excludes `queue`.
        public var operation: Int64?
        /// The dead letters of this queue, the oldest first; a client's own only. Excludes `operation`.
        public var queue: Name?
        /// How many at most. Where it is left out: 1,000 at once, or all that a filter, a rate or a canary is for.
        public var limit: PageSize?
        /// Only those whose last error is of this error group.
        public var group: Int64?
        /// Only those of this lane, or with this key.
        public var lane: String?
        public var key: String?
        /// Only those that died at least, or at most, so long ago.
        public var olderThanMs: Milliseconds?
        public var newerThanMs: Milliseconds?
        /// How many a second; as fast as it goes where it is left out.
        public var rate: Rate?
        /// Whether the first one goes alone: the others follow when it is done, and stay dead where it ends otherwise.
        public var canary: Bool?
        /// Ends the replay that is under way on the queue: what has not been put back stays dead.
        public var stop: Bool?

        public init(operation: Int64) { self.operation = operation }

        public init(queue: Name, limit: PageSize? = nil) {
            self.queue = queue
            self.limit = limit
        }

        enum CodingKeys: String, CodingKey {
            case operation, queue, limit, group, lane, key, rate, canary, stop
            case olderThanMs = "older_than_ms"
            case newerThanMs = "newer_than_ms"
        }

        public struct Answer: Codable, Hashable, Sendable {
            /// By now.
            public var replayed: Int64
            /// Dead letters of the queue that are still there.
            public var remaining: Int64
            /// What goes on; absent where nothing does.
            public var replay: ReplayInfo?

            public init(replayed: Int64, remaining: Int64, replay: ReplayInfo? = nil) {
                self.replayed = replayed
                self.remaining = remaining
                self.replay = replay
            }
        }
    }
}

/// A replay that is under way.
public struct ReplayInfo: Codable, Hashable, Sendable {
    public var begunAt: Int64
    /// By now.
    public var replayed: Int64
    /// How many a second.
    public var rate: Double?
    /// The operation that goes first, as long as the others wait for it.
    public var canary: Int64?

    public init(begunAt: Int64, replayed: Int64, rate: Double?, canary: Int64?) {
        self.begunAt = begunAt
        self.replayed = replayed
        self.rate = rate
        self.canary = canary
    }

    enum CodingKeys: String, CodingKey {
        case replayed, rate, canary
        case begunAt = "begun_at"
    }
}
