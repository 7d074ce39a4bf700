extension Transaction {
    /// Begins a transaction: steps whose undos run last-first if it is not committed.
    public struct Begin: Method {
        public static let name = "transaction.begin"
        public static let summary = "Begins a transaction: steps whose undos run last-first if it is not committed."
        public static let role = Role.client

        public enum OnDeadline: String, WireEnum {
            case rollback
            /// Stops, and waits for a person.
            case park
        }

        public var transactionName: Name
        /// How long until `on_deadline` happens; an hour where it is left out.
        public var timeoutMs: PositiveMilliseconds?
        /// `rollback` where it is left out.
        public var onDeadline: OnDeadline?
        /// Whose end is as good as the deadline; nobody's where it is left out.
        public var hold: Hold?
        /// How long a rollback by the deadline waits for a step that was never confirmed, unless its owner has ended; 30 s
        /// where it is left out.
        public var stepGraceMs: Milliseconds?

        public init(
            name: Name, timeoutMs: PositiveMilliseconds? = nil, onDeadline: OnDeadline? = nil, hold: Hold? = nil,
            stepGraceMs: Milliseconds? = nil
        ) {
            transactionName = name
            self.timeoutMs = timeoutMs
            self.onDeadline = onDeadline
            self.hold = hold
            self.stepGraceMs = stepGraceMs
        }

        enum CodingKeys: String, CodingKey {
            case hold
            case transactionName = "name"
            case stepGraceMs = "step_grace_ms"
            case timeoutMs = "timeout_ms"
            case onDeadline = "on_deadline"
        }

        public struct Answer: Codable, Hashable, Sendable {
            public var transaction: Int64
            public var deadlineAt: Int64
            /// For people: nobody takes undos from the caller's own queue of them.
            public var warnings: [String]?

            public init(transaction: Int64, deadlineAt: Int64) {
                self.transaction = transaction
                self.deadlineAt = deadlineAt
            }

            enum CodingKeys: String, CodingKey {
                case transaction, warnings
                case deadlineAt = "deadline_at"
            }
        }
    }
}
