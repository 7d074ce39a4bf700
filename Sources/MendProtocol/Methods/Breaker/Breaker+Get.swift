extension Breaker {
    /// One breaker with its settings and counts.
    public struct Get: Method {
        public static let name = "breaker.get"
        public static let summary = "Answers one breaker with its settings and counts."
        public static let role = Role.observer
        public typealias Answer = BreakerInfo

        public var breaker: Name

        public init(breaker: Name) { self.breaker = breaker }
    }
}

/// A breaker as it is.
public struct BreakerInfo: Codable, Hashable, Sendable {
    public var breaker: Name
    public var state: BreakerState
    /// When it came into this state.
    public var since: Int64
    /// Failures in a row.
    public var consecutiveFailures: Int64
    /// Calls in the window, and how many of them failed.
    public var windowCalls: Int64
    public var windowFailures: Int64
    /// How many of them were slow, where that is looked at.
    public var windowSlow: Int64?
    /// Permits that are out.
    public var permits: Int64
    /// Permits refused since the daemon started.
    public var denied: Int64
    /// Permits never returned since the daemon started.
    public var abandoned: Int64
    /// Calls since the daemon started that said nothing about the dependency's health, that would have been denied but
    /// for `shadow`, that were retries, and that made do with something else; absent where there were none.
    public var ignored: Int64?
    public var shadowDenied: Int64?
    public var retries: Int64?
    public var fallbacks: Int64?
    /// Of an open one: when the next call is let through to try.
    public var retryAt: Int64?
    public var settings: BreakerSettings

    public init(
        breaker: Name, state: BreakerState, since: Int64, consecutiveFailures: Int64, windowCalls: Int64,
        windowFailures: Int64, permits: Int64, denied: Int64, abandoned: Int64, retryAt: Int64?,
        settings: BreakerSettings
    ) {
        self.breaker = breaker
        self.state = state
        self.since = since
        self.consecutiveFailures = consecutiveFailures
        self.windowCalls = windowCalls
        self.windowFailures = windowFailures
        self.permits = permits
        self.denied = denied
        self.abandoned = abandoned
        self.retryAt = retryAt
        self.settings = settings
    }

    enum CodingKeys: String, CodingKey {
        case breaker, state, permits, denied, abandoned, ignored, retries, fallbacks, settings
        case shadowDenied = "shadow_denied"
        case since = "since_at"
        case consecutiveFailures = "consecutive_failures"
        case windowCalls = "window_calls"
        case windowFailures = "window_failures"
        case windowSlow = "window_slow"
        case retryAt = "retry_at"
    }
}
