import MendWire

extension Queue {
    /// Waits for an operation's end.
    public struct Wait: Method {
        public static let name = "queue.wait"
        public static let summary = "Waits until an operation has ended, and answers how; after its time, how it is."
        public static let role = Role.observer

        public var operation: Int64
        /// How long to wait; a minute where it is left out.
        public var waitMs: Milliseconds?

        public init(operation: Int64, waitMs: Milliseconds? = nil) {
            self.operation = operation
            self.waitMs = waitMs
        }

        enum CodingKeys: String, CodingKey {
            case operation
            case waitMs = "wait_ms"
        }

        public struct Answer: Codable, Hashable, Sendable {
            /// One that is live means that the time was over first.
            public var state: OperationState
            /// For its owner and operators only.
            public var result: RawJSON?
            /// The report of its last failure.
            public var lastError: Int64?

            public init(state: OperationState, result: RawJSON? = nil, lastError: Int64? = nil) {
                self.state = state
                self.result = result
                self.lastError = lastError
            }

            enum CodingKeys: String, CodingKey {
                case state, result
                case lastError = "last_error"
            }
        }
    }
}
