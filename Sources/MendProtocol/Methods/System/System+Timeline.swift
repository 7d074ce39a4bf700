import MendWire

extension System {
    /// What happened, in the order in which it did: of all that belongs together, or of a span of time.
    public struct Timeline: Method {
        public static let name = "system.timeline"
        public static let summary = "Answers what happened, of all kinds, in the order of time, page by page."
        public static let role = Role.observer

        /// Only what belongs to this task, flow or run; also each enqueue and end of its operations and transactions.
        public var correlation: Name?
        /// Only what happened at or after this point, by the wall clock. This or `correlation` is needed.
        public var since: Timestamp?
        /// Only what happened at or before this point.
        public var until: Timestamp?
        public var limit: PageSize?
        /// The last answer's `next`.
        public var after: String?

        public init(correlation: Name? = nil, since: Timestamp? = nil) {
            self.correlation = correlation
            self.since = since
        }

        enum CodingKeys: String, CodingKey {
            case correlation, limit, after
            case since = "since_at"
            case until = "until_at"
        }

        public struct Answer: Codable, Hashable, Sendable {
            public var entries: [TimelineEntry]
            /// Where the next page begins; absent at the end.
            public var next: String?

            public init(entries: [TimelineEntry], next: String?) {
                self.entries = entries
                self.next = next
            }
        }
    }
}

/// Something that happened, of any kind.
public struct TimelineEntry: Codable, Hashable, Sendable {
    public var at: Int64
    /// An event's kind, or `error.reported`, `operation.enqueued`, `operation.done`, `transaction.begun` and the like.
    public var kind: String
    /// For people.
    public var message: String
    public var event: Int64?
    public var error: Int64?
    public var group: Int64?
    public var severity: Severity?
    public var operation: Int64?
    public var queue: Name?
    public var breaker: Name?
    public var transaction: Int64?
    public var correlation: Name?
    public var uid: UInt32?

    public init(at: Int64, kind: String, message: String) {
        self.at = at
        self.kind = kind
        self.message = message
    }
}
