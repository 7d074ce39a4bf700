extension Transaction {
    /// Transactions, the newest first.
    public struct List: Method {
        public static let name = "transaction.list"
        public static let summary = "Answers transactions, the newest first, page by page."
        public static let role = Role.observer

        public var state: TransactionState?
        public var limit: PageSize?
        /// The last answer's `next`.
        public var after: Int64?

        public init(state: TransactionState? = nil, limit: PageSize? = nil, after: Int64? = nil) {
            self.state = state
            self.limit = limit
            self.after = after
        }

        public struct Answer: Codable, Hashable, Sendable {
            public var transactions: [TransactionInfo]
            /// Where the next page begins; absent at the end.
            public var next: Int64?

            public init(transactions: [TransactionInfo], next: Int64?) {
                self.transactions = transactions
                self.next = next
            }
        }
    }
}
