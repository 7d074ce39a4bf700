import MendWire

extension Transaction {
    /// Writes down a step and its undo, before the step is done.
    public struct Step: Method {
        public static let name = "transaction.step"
        public static let summary = "Writes down a step and its undo, before the step is done."
        public static let role = Role.client

        public var transaction: Int64
        public var stepName: String
        /// What takes it back; a step without one is passed over by a rollback.
        public var undo: Undo?

        public init(transaction: Int64, name: String, undo: Undo? = nil) {
            self.transaction = transaction
            stepName = name
            self.undo = undo
        }

        enum CodingKeys: String, CodingKey {
            case transaction, undo
            case stepName = "name"
        }

        public struct Answer: Codable, Hashable, Sendable {
            /// 1 for the first.
            public var step: Int64
            /// For people: nobody takes undos from the queue of this one.
            public var warnings: [String]?

            public init(step: Int64, warnings: [String]? = nil) {
                self.step = step
                self.warnings = warnings
            }
        }
    }

    /// An operation that takes a step back.
    public struct Undo: Codable, Hashable, Sendable {
        public var queue: Name
        public var payload: RawJSON
        public var policy: PolicyChoice?
        /// What happens when its attempts are used up; `park` where it is left out.
        public var onExhausted: OnExhausted?

        public enum OnExhausted: String, WireEnum {
            /// The rollback stops there, and waits for a person.
            case park
            /// The rollback goes on without it, and is incomplete.
            case skip
        }

        public init(
            queue: Name, payload: RawJSON, policy: PolicyChoice? = nil, onExhausted: OnExhausted? = nil
        ) {
            self.queue = queue
            self.payload = payload
            self.policy = policy
            self.onExhausted = onExhausted
        }

        enum CodingKeys: String, CodingKey {
            case queue, payload, policy
            case onExhausted = "on_exhausted"
        }
    }
}
