extension Breaker {
    /// Asks whether a dependency may be called now. A denied permit is an answer, not an error.
    public struct Acquire: Method {
        public static let name = "breaker.acquire"
        public static let summary = "Asks whether a dependency may be called now; answers a permit where it may."
        public static let role = Role.client

        public var breaker: Name
        /// Whose end gives the permit back at once; time alone where it is absent.
        public var hold: Hold?
        /// Whether the call was made before and failed: then `retry_budget` has a say.
        public var retry: Bool?
        /// Whether the caller makes do with something else where it is denied, which is counted.
        public var fallback: Bool?

        public init(breaker: Name, hold: Hold? = nil, retry: Bool? = nil, fallback: Bool? = nil) {
            self.breaker = breaker
            self.hold = hold
            self.retry = retry
            self.fallback = fallback
        }

        public struct Answer: Codable, Hashable, Sendable {
            public var granted: Bool
            public var state: BreakerState
            /// Why it was granted or denied.
            public var why: String
            /// What `breaker.record` needs; it is abandoned after the breaker's `permit_ms`.
            public var permit: Int64?
            /// When asking again is worth it.
            public var retryAfterMs: Int64?

            public init(
                granted: Bool, state: BreakerState, why: String, permit: Int64? = nil, retryAfterMs: Int64? = nil
            ) {
                self.granted = granted
                self.state = state
                self.why = why
                self.permit = permit
                self.retryAfterMs = retryAfterMs
            }

            enum CodingKeys: String, CodingKey {
                case granted, state, why, permit
                case retryAfterMs = "retry_after_ms"
            }
        }
    }
}
