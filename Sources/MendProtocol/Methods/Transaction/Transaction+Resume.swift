extension Transaction {
    /// Goes on with a rollback that is parked.
    public struct Resume: Method {
        public static let name = "transaction.resume"
        public static let summary =
            "Goes on with a parked transaction's rollback: its undo gets all its attempts again."
        public static let role = Role.client
        public typealias Answer = EndAnswer

        public var transaction: Int64

        public init(transaction: Int64) { self.transaction = transaction }
    }
}
