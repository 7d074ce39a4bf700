/// What is out of the ordinary.
public enum AnomalyKind: String, WireEnum {
    /// Far more reports of a service than its own history lets expect.
    case spike
    /// One group alone has very many reports.
    case frequentError = "frequent_error"
    /// Too large a share of what a queue or a breaker tried has failed.
    case highRate = "high_rate"
    /// Many critical reports of one service.
    case criticalThreshold = "critical_threshold"
    /// Too large a share of what was to be repaired was not: operations died, rollbacks parked or ended incomplete.
    case recoveryFailure = "recovery_failure"
}

/// Something out of the ordinary, with the numbers that say so.
public struct Anomaly: Codable, Hashable, Sendable {
    public var kind: AnomalyKind
    /// What it is about, one of these.
    public var service: String?
    public var queue: String?
    public var breaker: String?
    /// The name of transactions.
    public var transaction: String?
    public var group: Int64?
    /// When it was so.
    public var from: Int64
    public var until: Int64
    /// How many were counted: reports, failures, or what was not recovered.
    public var count: Int64
    /// Of a share: out of how many.
    public var total: Int64?
    /// Of a spike: what the history lets expect.
    public var baseline: Double?
    /// What `count` is above, or, of a share, what that is above.
    public var bound: Double
    /// The groups with the most reports in it.
    public var groups: [Int64]
    /// For people: the numbers, and by what rule they are out of the ordinary.
    public var why: String

    public init(
        kind: AnomalyKind, from: Int64, until: Int64, count: Int64, bound: Double, groups: [Int64] = [], why: String
    ) {
        self.kind = kind
        self.from = from
        self.until = until
        self.count = count
        self.bound = bound
        self.groups = groups
        self.why = why
    }

    enum CodingKeys: String, CodingKey {
        case kind, service, queue, breaker, transaction, group, count, total, baseline, bound, groups, why
        case from = "from_at"
        case until = "until_at"
    }
}

/// From where on something is out of the ordinary. What is left out is as the daemon is configured.
public struct AnalysisThresholds: Codable, Hashable, Sendable {
    /// The share of attempts or calls that fail, of a queue or a breaker.
    public var errorRate: Share?
    /// Reports of one group in the window.
    public var specificErrorCount: Count?
    /// The share of operations that die, of those that end, or of rollbacks that park or end incomplete.
    public var recoveryFailureRate: Share?
    /// Critical reports of one service in the window.
    public var criticalCount: Count?
    /// A spike has at least so many reports more than expected, however quiet the service is.
    public var spikeCount: Count?

    public init() {}

    enum CodingKeys: String, CodingKey {
        case errorRate = "error_rate"
        case specificErrorCount = "specific_error_count"
        case recoveryFailureRate = "recovery_failure_rate"
        case criticalCount = "critical_count"
        case spikeCount = "spike_count"
    }
}
