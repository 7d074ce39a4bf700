extension Queue {
    /// Puts dead letters back, with all their attempts before them.
    public struct Replay: Method {
        public static let name = "queue.replay"
        public static let summary = "Puts dead letters back on their queue, with all their attempts before them."
        public static let role = Role.client

        /// One of them. Excludes `queue`.
        public var operation: Int64?
        /// The dead letters of this queue, the oldest first; a client's own only. Excludes `operation`.
        public var queue: Name?
        /// How many at most, 1,000 where it is left out.
        public var limit: PageSize?

        public init(operation: Int64) { self.operation = operation }

        public init(queue: Name, limit: PageSize? = nil) {
            self.queue = queue
            self.limit = limit
        }

        public struct Answer: Codable, Hashable, Sendable {
            public var replayed: Int64
            /// Dead letters of the queue that are still there.
            public var remaining: Int64

            public init(replayed: Int64, remaining: Int64) {
                self.replayed = replayed
                self.remaining = remaining
            }
        }
    }
}
