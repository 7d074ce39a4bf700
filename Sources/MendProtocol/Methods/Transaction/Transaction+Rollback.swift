extension Transaction {
    /// Undoes the steps, the last one first, each when the one after it has been undone.
    public struct Rollback: Method {
        public static let name = "transaction.rollback"
        public static let summary = "Undoes the steps, the last one first; who calls says that the steps have ended."
        public static let role = Role.client
        public typealias Answer = EndAnswer

        public var transaction: Int64
        /// Why, for people.
        public var reason: String?
        /// Undoes only the steps after this one, and lets the transaction go on; 0 is the beginning.
        public var toStep: Int64?
        /// How long to wait until the steps are undone, or the transaction is parked; not at all where it is left out.
        public var waitMs: Milliseconds?

        public init(transaction: Int64, reason: String? = nil, toStep: Int64? = nil, waitMs: Milliseconds? = nil) {
            self.transaction = transaction
            self.reason = reason
            self.toStep = toStep
            self.waitMs = waitMs
        }

        enum CodingKeys: String, CodingKey {
            case transaction, reason
            case toStep = "to_step"
            case waitMs = "wait_ms"
        }
    }
}
