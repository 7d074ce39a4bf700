extension Transaction {
    /// Ends a transaction that a person has taken care of.
    public struct Resolve: Method {
        public static let name = "transaction.resolve"
        public static let summary = "Ends a transaction that a person has taken care of: no more of its undos run."
        public static let role = Role.operator
        public typealias Answer = EndAnswer

        public var transaction: Int64
        /// What was done about it.
        public var reason: String

        public init(transaction: Int64, reason: String) {
            self.transaction = transaction
            self.reason = reason
        }
    }
}
