extension Queue {
    /// Deletes operations of a queue, page by page. Leased ones, and undos of transactions, stay.
    public struct Purge: Method {
        public static let name = "queue.purge"
        public static let summary = "Deletes operations of a queue by state and age: no leased one, and no undo."
        public static let role = Role.operator

        public var queue: Name
        /// Which: those that have ended (`done`, `dead`, `cancelled`, `expired`) where it is left out. Live ones go when
        /// they are named, all but `leased`.
        public var states: [OperationState]?
        /// Only those that ended, or have been there without an end, for so long.
        public var olderThanMs: Milliseconds?
        /// How many at most, 1,000 where it is left out.
        public var limit: PageSize?
        /// The last answer's `next`.
        public var after: Int64?

        public init(
            queue: Name, states: [OperationState]? = nil, olderThanMs: Milliseconds? = nil, limit: PageSize? = nil,
            after: Int64? = nil
        ) {
            self.queue = queue
            self.states = states
            self.olderThanMs = olderThanMs
            self.limit = limit
            self.after = after
        }

        enum CodingKeys: String, CodingKey {
            case queue, states, limit, after
            case olderThanMs = "older_than_ms"
        }

        public struct Answer: Codable, Hashable, Sendable {
            public var purged: Int64
            /// Operations in those states that are still there, whatever their age.
            public var remaining: Int64
            /// Where the next page begins; absent when all have been looked at. A page may have purged nothing.
            public var next: Int64?

            public init(purged: Int64, remaining: Int64, next: Int64?) {
                self.purged = purged
                self.remaining = remaining
                self.next = next
            }
        }
    }
}
