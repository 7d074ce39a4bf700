extension Breaker {
    /// Changes the settings of a breaker, or of all whose names begin alike, without losing counts. What is left out stays as it is, and `null` takes a setting
    /// back to its default.
    public struct Configure: Method, Hashable {
        public static let name = "breaker.configure"
        public static let summary =
            "Changes the settings of a breaker, or of all that a pattern names, without losing counts; answers them."
        public static let role = Role.operator
        /// The settings in force.
        public typealias Answer = BreakerSettings

        /// One breaker; or
        public var breaker: Name?
        /// all breakers with such names, those to come as well: what is said of one by its name comes first, then what the
        /// longest pattern says.
        public var pattern: NamePattern?
        public var failureThreshold: Setting<Count>?
        public var failureRateThreshold: Setting<Share>?
        public var slowCallDurationMs: Setting<PositiveMilliseconds>?
        public var slowCallRateThreshold: Setting<Share>?
        public var minimumCalls: Setting<Count>?
        public var windowCalls: Setting<Count>?
        public var windowMs: Setting<PositiveMilliseconds>?
        public var recoveryTimeoutMs: Setting<PositiveMilliseconds>?
        public var maxRecoveryTimeoutMs: Setting<PositiveMilliseconds>?
        public var successThreshold: Setting<Count>?
        public var halfOpenPermits: Setting<Count>?
        public var permitMs: Setting<PositiveMilliseconds>?
        /// Calls under way at a time at most.
        public var maxConcurrent: Setting<Count>?
        /// The share of calls that may be retries.
        public var retryBudget: Setting<Share>?
        /// Whether it decides and counts, and never denies.
        public var shadow: Setting<Bool>?

        public init(breaker: Name) { self.breaker = breaker }
        public init(pattern: NamePattern) { self.pattern = pattern }

        enum CodingKeys: String, CodingKey {
            case breaker, pattern
            case failureThreshold = "failure_threshold"
            case failureRateThreshold = "failure_rate_threshold"
            case slowCallDurationMs = "slow_call_duration_ms"
            case slowCallRateThreshold = "slow_call_rate_threshold"
            case minimumCalls = "minimum_calls"
            case windowCalls = "window_calls"
            case windowMs = "window_ms"
            case recoveryTimeoutMs = "recovery_timeout_ms"
            case maxRecoveryTimeoutMs = "max_recovery_timeout_ms"
            case successThreshold = "success_threshold"
            case halfOpenPermits = "half_open_permits"
            case permitMs = "permit_ms"
            case maxConcurrent = "max_concurrent"
            case retryBudget = "retry_budget"
            case shadow
        }
    }
}

/// How a breaker decides.
public struct BreakerSettings: Codable, Hashable, Sendable {
    /// Failures in a row that open it.
    public var failureThreshold: Int64 = 5
    /// The share of failures in the window that opens it; not used where it is absent.
    public var failureRateThreshold: Double?
    /// Calls that take at least so long are slow; none is where it is absent.
    public var slowCallDurationMs: Int64?
    /// The share of slow calls in the window that opens it; not used where it is absent.
    public var slowCallRateThreshold: Double?
    /// Calls in the window before a share means anything.
    public var minimumCalls: Int64 = 20
    /// The window: the last so many calls,
    public var windowCalls: Int64 = 100
    /// or, where this is set, the calls of the last so many milliseconds.
    public var windowMs: Int64?
    /// How long an open breaker waits before it lets calls through to try.
    public var recoveryTimeoutMs: Int64 = 10_000
    /// It doubles with each reopening, up to this.
    public var maxRecoveryTimeoutMs: Int64 = 300_000
    /// Successes in half-open that close it.
    public var successThreshold: Int64 = 2
    /// Calls let through at a time in half-open.
    public var halfOpenPermits: Int64 = 1
    /// A permit that is not returned in this time is abandoned.
    public var permitMs: Int64 = 60_000
    /// Calls under way at a time at most; not limited where it is absent.
    public var maxConcurrent: Int64?
    /// The share of the last minute's calls that may be retries; not limited where it is absent.
    public var retryBudget: Double?
    /// Whether it decides and counts, and never denies; absent where it denies.
    public var shadow: Bool?

    public init() {}

    enum CodingKeys: String, CodingKey {
        case failureThreshold = "failure_threshold"
        case failureRateThreshold = "failure_rate_threshold"
        case slowCallDurationMs = "slow_call_duration_ms"
        case slowCallRateThreshold = "slow_call_rate_threshold"
        case minimumCalls = "minimum_calls"
        case windowCalls = "window_calls"
        case windowMs = "window_ms"
        case recoveryTimeoutMs = "recovery_timeout_ms"
        case maxRecoveryTimeoutMs = "max_recovery_timeout_ms"
        case successThreshold = "success_threshold"
        case halfOpenPermits = "half_open_permits"
        case permitMs = "permit_ms"
        case maxConcurrent = "max_concurrent"
        case retryBudget = "retry_budget"
        case shadow
    }
}
