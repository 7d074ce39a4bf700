extension Queue {
    /// Says that a leased operation failed. The verdict on its error decides what becomes of it.
    public struct Fail: Method {
        public static let name = "queue.fail"
        public static let summary =
            "Says that a leased operation failed; the verdict decides: retry when, or dead letter."
        public static let role = Role.client

        public var operation: Int64
        public var lease: Int64
        public var error: Errors.Report

        public init(operation: Int64, lease: Int64, error: Errors.Report) {
            self.operation = operation
            self.lease = lease
            self.error = error
        }

        public struct Answer: Codable, Hashable, Sendable {
            public var state: OperationState
            /// When it is ready again.
            public var retryAt: Int64?
            public var verdict: Verdict

            public init(state: OperationState, retryAt: Int64?, verdict: Verdict) {
                self.state = state
                self.retryAt = retryAt
                self.verdict = verdict
            }

            enum CodingKeys: String, CodingKey {
                case state, verdict
                case retryAt = "retry_at"
            }
        }
    }
}
