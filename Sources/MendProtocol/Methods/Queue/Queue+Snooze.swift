extension Queue {
    /// Gives a leased operation back for later, without spending the attempt.
    public struct Snooze: Method {
        public static let name = "queue.snooze"
        public static let summary = "Gives a leased operation back for later, without spending the attempt."
        public static let role = Role.client

        public var operation: Int64
        public var lease: Int64
        /// How long it waits before it is ready again. Either this or `run_at`.
        public var delayMs: Milliseconds?
        /// When it is ready again, by the wall clock. Either this or `delay_ms`.
        public var runAt: Timestamp?

        public init(operation: Int64, lease: Int64, delayMs: Milliseconds) {
            self.operation = operation
            self.lease = lease
            self.delayMs = delayMs
        }

        public init(operation: Int64, lease: Int64, runAt: Timestamp) {
            self.operation = operation
            self.lease = lease
            self.runAt = runAt
        }

        enum CodingKeys: String, CodingKey {
            case operation, lease
            case delayMs = "delay_ms"
            case runAt = "run_at"
        }

        public struct Answer: Codable, Hashable, Sendable {
            public var state: OperationState
            /// Absent where it is ready at once.
            public var readyAt: Int64?

            public init(state: OperationState, readyAt: Int64?) {
                self.state = state
                self.readyAt = readyAt
            }

            enum CodingKeys: String, CodingKey {
                case state
                case readyAt = "ready_at"
            }
        }
    }
}
