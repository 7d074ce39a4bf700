extension Errors {
    /// Reports, the newest first.
    public struct List: Method {
        public static let name = "error.list"
        public static let summary = "Answers reports, the newest first, page by page."
        public static let role = Role.observer

        public var service: String?
        public var code: String?
        public var category: Category?
        public var severity: Severity?
        public var group: Int64?
        /// Only reports that were taken at or after this point.
        public var since: Timestamp?
        public var limit: PageSize?
        /// The last answer's `next`.
        public var after: Int64?

        public init() {}

        enum CodingKeys: String, CodingKey {
            case service, code, category, severity, group, limit, after
            case since = "since_at"
        }

        public struct Answer: Codable, Hashable, Sendable {
            public var errors: [StoredReport]
            /// Where the next page begins; absent at the end.
            public var next: Int64?

            public init(errors: [StoredReport], next: Int64?) {
                self.errors = errors
                self.next = next
            }
        }
    }
}
