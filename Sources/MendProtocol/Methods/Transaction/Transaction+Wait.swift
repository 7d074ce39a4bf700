extension Transaction {
    /// Waits for a transaction's end.
    public struct Wait: Method {
        public static let name = "transaction.wait"
        public static let summary =
            "Waits until a transaction has ended or is parked; after its time, answers how it is."
        public static let role = Role.observer
        public typealias Answer = EndAnswer

        /// What is waited for.
        public enum Until: String, WireEnum {
            /// Its end, or that it is parked and waits for a person.
            case end
            /// Any end of being active: for its owner, who has to stop when a rollback has begun.
            case inactive
        }

        public var transaction: Int64
        /// `end` where it is left out.
        public var until: Until?
        /// How long to wait; a minute where it is left out.
        public var waitMs: Milliseconds?

        public init(transaction: Int64, until: Until? = nil, waitMs: Milliseconds? = nil) {
            self.transaction = transaction
            self.until = until
            self.waitMs = waitMs
        }

        enum CodingKeys: String, CodingKey {
            case transaction, until
            case waitMs = "wait_ms"
        }
    }
}
