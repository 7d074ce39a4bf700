extension Events {
    /// Events in the order of their numbers.
    public struct List: Method {
        public static let name = "events.list"
        public static let summary = "Answers events in the order of their numbers, page by page."
        public static let role = Role.observer

        public var filter: EventFilter
        /// Only what happened at or after this point, by the wall clock.
        public var since: Timestamp?
        /// Only what happened at or before this point.
        public var until: Timestamp?
        /// Whether the newest come first.
        public var newestFirst: Bool?
        public var limit: PageSize?
        /// The last answer's `next`; without it the list begins at its end that comes first.
        public var after: Int64?

        public init(filter: EventFilter = EventFilter()) { self.filter = filter }

        enum CodingKeys: String, CodingKey {
            case limit, after
            case since = "since_at"
            case until = "until_at"
            case newestFirst = "newest_first"
        }

        public init(from decoder: any Decoder) throws {
            filter = try EventFilter(from: decoder)
            let container = try decoder.container(keyedBy: CodingKeys.self)
            since = try container.decodeIfPresent(Timestamp.self, forKey: .since)
            until = try container.decodeIfPresent(Timestamp.self, forKey: .until)
            newestFirst = try container.decodeIfPresent(Bool.self, forKey: .newestFirst)
            limit = try container.decodeIfPresent(PageSize.self, forKey: .limit)
            after = try container.decodeIfPresent(Int64.self, forKey: .after)
        }

        public func encode(to encoder: any Encoder) throws {
            try filter.encode(to: encoder)
            var container = encoder.container(keyedBy: CodingKeys.self)
            try container.encodeIfPresent(since, forKey: .since)
            try container.encodeIfPresent(until, forKey: .until)
            try container.encodeIfPresent(newestFirst, forKey: .newestFirst)
            try container.encodeIfPresent(limit, forKey: .limit)
            try container.encodeIfPresent(after, forKey: .after)
        }

        public struct Answer: Codable, Hashable, Sendable {
            public var events: [Event]
            /// Where the next page begins, which may be needed also where this one has few events; absent at the end.
            public var next: Int64?
            /// The lowest number that is still kept; one more than `last` where none is.
            public var first: Int64
            /// The highest number that was ever given: at the end, the list goes on later after this one.
            public var last: Int64
            /// What was to come after `after` and is not kept any more.
            public var missed: MissedEvents?

            public init(events: [Event], next: Int64?, first: Int64, last: Int64, missed: MissedEvents?) {
                self.events = events
                self.next = next
                self.first = first
                self.last = last
                self.missed = missed
            }
        }
    }
}
