import MendWire

extension Events {
    /// Has this connection told each event as it happens.
    public struct Follow: Method {
        public static let name = "events.follow"
        public static let summary = "Tells this connection each event from here on, as it happens."
        public static let role = Role.observer

        public var filter: EventFilter
        /// The last event that is known already; without it, those that follow the answer's `last` are told.
        public var after: Int64?

        public init(filter: EventFilter = EventFilter(), after: Int64? = nil) {
            self.filter = filter
            self.after = after
        }

        enum CodingKeys: String, CodingKey { case after }

        public init(from decoder: any Decoder) throws {
            filter = try EventFilter(from: decoder)
            after = try decoder.container(keyedBy: CodingKeys.self).decodeIfPresent(Int64.self, forKey: .after)
        }

        public func encode(to encoder: any Encoder) throws {
            try filter.encode(to: encoder)
            var container = encoder.container(keyedBy: CodingKeys.self)
            try container.encodeIfPresent(after, forKey: .after)
        }

        public struct Answer: Codable, Hashable, Sendable {
            /// What tells the subscriptions of one connection apart.
            public var follow: Int64
            /// The last event that the snapshot knows of.
            public var last: Int64
            public var snapshot: Snapshot

            public init(follow: Int64, last: Int64, snapshot: Snapshot) {
                self.follow = follow
                self.last = last
                self.snapshot = snapshot
            }
        }

        /// What is live once the event `last` has happened, and before the next one has.
        public struct Snapshot: Codable, Hashable, Sendable {
            /// Operations by state, over all queues.
            public var operations: OperationCounts
            /// The breakers that are not closed, at most `maxBreakers`.
            public var breakers: [LiveBreaker]
            /// Transactions that are not at their end, by state.
            public var transactions: [String: Int64]

            public static let maxBreakers = 1000

            public init(operations: OperationCounts, breakers: [LiveBreaker], transactions: [String: Int64]) {
                self.operations = operations
                self.breakers = breakers
                self.transactions = transactions
            }
        }

        public struct LiveBreaker: Codable, Hashable, Sendable {
            public var breaker: Name
            public var state: BreakerState

            public init(breaker: Name, state: BreakerState) {
                self.breaker = breaker
                self.state = state
            }
        }
    }
}
