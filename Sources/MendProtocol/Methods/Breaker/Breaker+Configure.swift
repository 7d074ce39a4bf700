extension Breaker {
    /// Changes a breaker's settings without losing its counts. What is left out stays as it is.
    public struct Configure: Method {
        public static let name = "breaker.configure"
        public static let summary = "Changes a breaker's settings without losing its counts; answers those in force."
        public static let role = Role.operator
        /// The settings in force.
        public typealias Answer = BreakerSettings

        public var breaker: Name
        public var failureThreshold: Count?
        public var failureRateThreshold: Share?
        public var minimumCalls: Count?
        public var windowCalls: Count?
        public var windowMs: PositiveMilliseconds?
        public var recoveryTimeoutMs: PositiveMilliseconds?
        public var maxRecoveryTimeoutMs: PositiveMilliseconds?
        public var successThreshold: Count?
        public var halfOpenPermits: Count?
        public var permitMs: PositiveMilliseconds?
        /// Calls under way at a time at most.
        public var maxConcurrent: Setting<Count>?

        public init(breaker: Name) { self.breaker = breaker }

        enum CodingKeys: String, CodingKey {
            case breaker
            case failureThreshold = "failure_threshold"
            case failureRateThreshold = "failure_rate_threshold"
            case minimumCalls = "minimum_calls"
            case windowCalls = "window_calls"
            case windowMs = "window_ms"
            case recoveryTimeoutMs = "recovery_timeout_ms"
            case maxRecoveryTimeoutMs = "max_recovery_timeout_ms"
            case successThreshold = "success_threshold"
            case halfOpenPermits = "half_open_permits"
            case permitMs = "permit_ms"
            case maxConcurrent = "max_concurrent"
        }
    }
}

/// How a breaker decides.
public struct BreakerSettings: Codable, Hashable, Sendable {
    /// Failures in a row that open it.
    public var failureThreshold: Int64 = 5
    /// The share of failures in the window that opens it; not used where it is absent.
    public var failureRateThreshold: Double?
    /// Calls in the window before the share means anything.
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

    public init() {}

    enum CodingKeys: String, CodingKey {
        case failureThreshold = "failure_threshold"
        case failureRateThreshold = "failure_rate_threshold"
        case minimumCalls = "minimum_calls"
        case windowCalls = "window_calls"
        case windowMs = "window_ms"
        case recoveryTimeoutMs = "recovery_timeout_ms"
        case maxRecoveryTimeoutMs = "max_recovery_timeout_ms"
        case successThreshold = "success_threshold"
        case halfOpenPermits = "half_open_permits"
        case permitMs = "permit_ms"
        case maxConcurrent = "max_concurrent"
    }
}
