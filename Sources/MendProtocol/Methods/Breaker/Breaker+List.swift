extension Breaker {
    /// Breakers in the order of their names.
    public struct List: Method {
        public static let name = "breaker.list"
        public static let summary = "Answers breakers in the order of their names, page by page."
        public static let role = Role.observer

        public var state: BreakerState?
        public var limit: PageSize?
        /// The last answer's `next`.
        public var after: Name?

        public init(state: BreakerState? = nil, limit: PageSize? = nil, after: Name? = nil) {
            self.state = state
            self.limit = limit
            self.after = after
        }

        public struct Answer: Codable, Hashable, Sendable {
            public var breakers: [BreakerInfo]
            /// Where the next page begins; absent at the end.
            public var next: Name?
            /// What was said of breakers by pattern, shorter patterns first: on the first page of a list of all, where
            /// there is any.
            public var patterns: [Breaker.Configure]?

            public init(breakers: [BreakerInfo], next: Name?, patterns: [Breaker.Configure]? = nil) {
                self.breakers = breakers
                self.next = next
                self.patterns = patterns
            }
        }
    }
}
