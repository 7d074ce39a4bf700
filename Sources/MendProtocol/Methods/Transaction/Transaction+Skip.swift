extension Transaction {
    /// Passes over the undo that a rollback is stuck at.
    public struct Skip: Method {
        public static let name = "transaction.skip"
        public static let summary = "Passes over the undo that a rollback is stuck at; the rollback stays incomplete."
        public static let role = Role.operator
        public typealias Answer = EndAnswer

        public var transaction: Int64
        /// The step whose undo is passed over. Needed where that one was not given up: it would still be tried.
        public var step: Int64?
        /// Why, for people.
        public var reason: String?

        public init(transaction: Int64, step: Int64? = nil, reason: String? = nil) {
            self.transaction = transaction
            self.step = step
            self.reason = reason
        }
    }
}
