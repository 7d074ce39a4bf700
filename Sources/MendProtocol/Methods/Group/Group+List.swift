extension Group {
    /// Groups, the newest first.
    public struct List: Method {
        public static let name = "group.list"
        public static let summary = "Answers groups of reports, the newest first, page by page."
        public static let role = Role.observer

        public var service: String?
        public var state: GroupState?
        public var limit: PageSize?
        /// The last answer's `next`.
        public var after: Int64?

        public init() {}

        public struct Answer: Codable, Hashable, Sendable {
            public var groups: [GroupInfo]
            /// Where the next page begins; absent at the end. A page may have few groups, or none, and yet a next one.
            public var next: Int64?

            public init(groups: [GroupInfo], next: Int64?) {
                self.groups = groups
                self.next = next
            }
        }
    }
}
