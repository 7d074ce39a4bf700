extension Transaction {
    /// Ends a transaction well: its undos are forgotten.
    public struct Commit: Method {
        public static let name = "transaction.commit"
        public static let summary = "Ends a transaction well: its undos will not run."
        public static let role = Role.client
        public typealias Answer = EndAnswer

        public var transaction: Int64

        public init(transaction: Int64) { self.transaction = transaction }
    }

    public struct EndAnswer: Codable, Hashable, Sendable {
        public var state: TransactionState
        /// How many steps it has.
        public var steps: Int64
        /// Why it was rolled back or parked.
        public var reason: String?

        /// Some of its undos were given up; absent where none was.
        public var incomplete: Bool?

        public init(state: TransactionState, steps: Int64, reason: String? = nil, incomplete: Bool? = nil) {
            self.state = state
            self.steps = steps
            self.reason = reason
            self.incomplete = incomplete
        }
    }
}
