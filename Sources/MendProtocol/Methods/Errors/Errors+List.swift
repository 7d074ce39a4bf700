extension Errors {
    /// Reports, the newest first.
    @dynamicMemberLookup
    public struct List: Method, ErrorPaging {
        public static let name = "error.list"
        public static let summary = "Answers reports, the newest first, page by page."
        public static let role = Role.observer

        public var filter: ErrorFilter
        public var limit: PageSize?
        /// The last answer's `next`.
        public var after: Int64?

        public init(filter: ErrorFilter = ErrorFilter()) { self.filter = filter }

        public subscript<Value>(dynamicMember member: WritableKeyPath<ErrorFilter, Value>) -> Value {
            get { filter[keyPath: member] }
            set { filter[keyPath: member] = newValue }
        }

        public struct Answer: Codable, Hashable, Sendable {
            public var errors: [StoredReport]
            /// Where the next page begins; absent at the end. A page may have few reports, or none, and yet a next one.
            public var next: Int64?

            public init(errors: [StoredReport], next: Int64?) {
                self.errors = errors
                self.next = next
            }
        }
    }
}
