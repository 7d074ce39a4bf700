extension Errors {
    /// What was reported in a window of time, how that compares with what succeeded and with what is usual, and what to
    /// look at first.
    public struct Analysis: Method {
        public static let name = "error.analysis"
        public static let summary =
            "Answers how much went wrong in a window of time, of what kind, and what is unusual."
        public static let role = Role.observer

        /// The window: from `since_at`, or `window_ms` before its end (24 hours), to `until_at`, or now.
        public var since: Timestamp?
        public var until: Timestamp?
        public var windowMs: PositiveMilliseconds?
        public var service: String?
        public var category: Category?
        public var severity: Severity?
        public var code: String?
        public var group: Int64?
        public var thresholds: AnalysisThresholds?
        /// How many services, codes and groups are told at most, 10 where it is left out.
        public var limit: PageSize?

        public init() {}

        enum CodingKeys: String, CodingKey {
            case service, category, severity, code, group, thresholds, limit
            case since = "since_at"
            case until = "until_at"
            case windowMs = "window_ms"
        }

        public struct Answer: Codable, Hashable, Sendable {
            /// What was looked at: the window, in whole steps of `step_ms`, about 24. The last one may not be over.
            public var since: Int64
            public var until: Int64
            public var stepMs: Int64
            /// Reports, the sampled ones included.
            public var reports: Int64
            public var perMinute: Double
            /// Those of them whose group and code are not known: there were too many different ones.
            public var lumped: Int64?
            /// Operations and breaker calls that succeeded meanwhile on the host, as far as it knows, and the share of
            /// reports among both; absent where the answer is about a part of the reports.
            public var successes: Int64?
            public var errorRate: Double?
            /// Reports of each step.
            public var series: [Int64]
            /// The most frequent first.
            public var categories: [ReportCount]
            public var severities: [ReportCount]
            public var services: [ReportCount]
            public var codes: [ReportCount]
            public var groups: [GroupCount]
            public var anomalies: [Anomaly]
            public var recommendations: [Recommendation]
            /// How far back the history goes by which spikes were judged.
            public var historyMs: Int64
            /// Those in force.
            public var thresholds: AnalysisThresholds

            enum CodingKeys: String, CodingKey {
                case reports, lumped, successes, series, categories, severities, services, codes, groups, anomalies
                case recommendations, thresholds
                case since = "since_at"
                case until = "until_at"
                case stepMs = "step_ms"
                case perMinute = "per_minute"
                case errorRate = "error_rate"
                case historyMs = "history_ms"
            }

            public init(
                since: Int64, until: Int64, stepMs: Int64, reports: Int64, perMinute: Double, lumped: Int64?,
                series: [Int64], categories: [ReportCount], severities: [ReportCount], services: [ReportCount],
                codes: [ReportCount], groups: [GroupCount], anomalies: [Anomaly],
                recommendations: [Recommendation], historyMs: Int64, thresholds: AnalysisThresholds
            ) {
                self.since = since
                self.until = until
                self.stepMs = stepMs
                self.reports = reports
                self.perMinute = perMinute
                self.lumped = lumped
                self.series = series
                self.categories = categories
                self.severities = severities
                self.services = services
                self.codes = codes
                self.groups = groups
                self.anomalies = anomalies
                self.recommendations = recommendations
                self.historyMs = historyMs
                self.thresholds = thresholds
            }
        }
    }
}

/// How many reports have a category, severity, service or code.
public struct ReportCount: Codable, Hashable, Sendable {
    public var name: String
    public var count: Int64
    /// Of services: reports of each step.
    public var series: [Int64]?

    public init(name: String, count: Int64, series: [Int64]? = nil) {
        self.name = name
        self.count = count
        self.series = series
    }
}

/// How many reports of the window a group has.
public struct GroupCount: Codable, Hashable, Sendable {
    public var group: Int64
    public var service: String
    /// Absent where the group has been forgotten.
    public var title: String?
    public var count: Int64
    public var firstSeenAt: Int64?
    public var lastSeenAt: Int64?

    public init(group: Int64, service: String, title: String?, count: Int64, firstSeenAt: Int64?, lastSeenAt: Int64?) {
        self.group = group
        self.service = service
        self.title = title
        self.count = count
        self.firstSeenAt = firstSeenAt
        self.lastSeenAt = lastSeenAt
    }

    enum CodingKeys: String, CodingKey {
        case group, service, title, count
        case firstSeenAt = "first_seen_at"
        case lastSeenAt = "last_seen_at"
    }
}

/// What to do about an anomaly.
public struct Recommendation: Codable, Hashable, Sendable {
    public var text: String
    /// To be run in a shell.
    public var command: String

    public init(text: String, command: String) {
        self.text = text
        self.command = command
    }
}
