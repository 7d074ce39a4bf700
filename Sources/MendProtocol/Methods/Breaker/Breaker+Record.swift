extension Breaker {
    /// Says how the call behind a permit ended.
    public struct Record: Method {
        public static let name = "breaker.record"
        public static let summary = "Says how the call behind a permit ended."
        public static let role = Role.client

        public var permit: Int64
        public var outcome: Outcome
        /// How long it took; the time since the permit was given where it is absent.
        public var durationMs: Milliseconds?
        /// What went wrong. Its category decides whether a failure counts: a validation error says nothing about the
        /// dependency's health. It is not stored; `error.report` does that.
        public var error: Errors.Report?
        /// Whether the caller made do with something else, which is counted.
        public var fallback: Bool?

        public init(
            permit: Int64, outcome: Outcome, durationMs: Milliseconds? = nil, error: Errors.Report? = nil,
            fallback: Bool? = nil
        ) {
            self.permit = permit
            self.outcome = outcome
            self.durationMs = durationMs
            self.error = error
            self.fallback = fallback
        }

        enum CodingKeys: String, CodingKey {
            case permit, outcome, error, fallback
            case durationMs = "duration_ms"
        }

        public struct Answer: Codable, Hashable, Sendable {
            /// Absent where the permit is of an earlier run of the daemon.
            public var breaker: Name?
            public var state: BreakerState?
            /// The permit was abandoned or is of an earlier run: the outcome was not counted.
            public var stale: Bool?

            public init(breaker: Name?, state: BreakerState?, stale: Bool? = nil) {
                self.breaker = breaker
                self.state = state
                self.stale = stale
            }
        }
    }
}
