extension Errors {
    /// Forgets reports before their time, the oldest first. Groups go with their last report; what was counted stays.
    public struct Clear: Method, ErrorPaging {
        public static let name = "error.clear"
        public static let summary = "Forgets reports that a filter names, page by page; what was counted stays."
        public static let role = Role.operator

        /// At least one member is needed.
        public var filter: ErrorFilter
        /// How many at most, 100 where it is left out.
        public var limit: PageSize?
        /// The last answer's `next`.
        public var after: Int64?

        public init(filter: ErrorFilter = ErrorFilter()) { self.filter = filter }

        public struct Answer: Codable, Hashable, Sendable {
            public var cleared: Int64
            /// Reports after these that the filter names; at least so many where there is a `next`.
            public var remaining: Int64
            /// Where the next page begins; absent when all have been looked at. A page may have cleared nothing.
            public var next: Int64?

            public init(cleared: Int64, remaining: Int64, next: Int64?) {
                self.cleared = cleared
                self.remaining = remaining
                self.next = next
            }
        }
    }
}
