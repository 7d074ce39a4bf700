extension Queue {
    /// Operations in the order of their ids.
    public struct List: Method {
        public static let name = "queue.list"
        public static let summary = "Answers operations in the order of their ids, page by page, without payloads."
        public static let role = Role.observer

        public var queue: Name?
        public var state: OperationState?
        public var limit: PageSize?
        /// The last answer's `next`.
        public var after: Int64?

        public init(
            queue: Name? = nil, state: OperationState? = nil, limit: PageSize? = nil, after: Int64? = nil
        ) {
            self.queue = queue
            self.state = state
            self.limit = limit
            self.after = after
        }

        public struct Answer: Codable, Hashable, Sendable {
            public var operations: [OperationInfo]
            /// Where the next page begins; absent at the end.
            public var next: Int64?

            public init(operations: [OperationInfo], next: Int64?) {
                self.operations = operations
                self.next = next
            }
        }
    }
}
