extension Transaction {
    /// Says that a step has been done.
    public struct Confirm: Method {
        public static let name = "transaction.confirm"
        public static let summary = "Says that a step has been done."
        public static let role = Role.client

        public var transaction: Int64
        public var step: Int64

        public init(transaction: Int64, step: Int64) {
            self.transaction = transaction
            self.step = step
        }

        public struct Answer: Codable, Hashable, Sendable {
            public var state: StepState

            public init(state: StepState) { self.state = state }
        }
    }
}
