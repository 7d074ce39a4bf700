import MendWire

extension Errors {
    /// Tells the daemon what went wrong; it answers what to do about it.
    ///
    /// Members that the daemon does not know are kept and named in the verdict's `ignored`: a report from a newer
    /// client is never lost.
    public struct Report: Method, KeepsUnknownMembers {
        public static let name = "error.report"
        public static let summary = "Stores what went wrong and answers the verdict: retry or not, when, and why."
        public static let role = Role.client
        public typealias Answer = Verdict

        /// What happened, for people.
        public var message: String
        /// The program or part that failed; the systemd unit or command of the caller where it is left out.
        public var service: String?
        /// A machine-readable code, such as `container.timeout`.
        public var code: String?
        /// The exception's class.
        public var type: String?
        /// What it was doing.
        public var action: String?
        public var severity: Severity?
        public var category: Category?
        public var stack: Stack?
        /// Anything else that helps, an object.
        public var context: JSONObject?
        public var tags: [String]?
        /// What the failure belongs to: a task, flow or run id.
        public var task: String?
        /// How often it has been tried, this time included.
        public var attempt: Attempts?
        /// The retry policy to ask about.
        public var policy: PolicyChoice?
        public var exitStatus: Int32?
        /// By name (`SIGKILL`) or number.
        public var signal: NameOrNumber?
        /// By name (`ECONNREFUSED`) or number.
        public var errno: NameOrNumber?
        public var httpStatus: Int32?
        public var sqlstate: String?
        /// By name (`UNAVAILABLE`) or number.
        public var grpcStatus: NameOrNumber?
        /// The end of what the program wrote to standard error.
        public var stderr: String?
        public var durationMs: Milliseconds?
        /// Overrides how the report is grouped.
        public var fingerprint: String?
        public var occurredAt: Timestamp?
        /// The language for `user_message`, such as `de-AT`: its nearest that there is, else English.
        public var locale: String?
        /// Whether several may tell of the very same failure, of which one `service` and `task` has only one: where it
        /// was told, by the same user, by root or by the account `mend-report`, that error is answered, and nothing is stored.
        public var once: Bool?

        /// Whether the daemon has seen by itself that the kernel ended the program for want of memory. Never on the wire.
        package var isKnownOutOfMemory = false

        public var ignored: [String] = []
        public var unknown: [String: RawJSON] = [:]

        public init(message: String) { self.message = message }

        enum CodingKeys: String, CodingKey {
            case message, service, code, type, action, severity, category, stack, context, tags, task, attempt, policy
            case signal, errno, sqlstate, stderr, fingerprint, locale, once
            case exitStatus = "exit_status"
            case httpStatus = "http_status"
            case grpcStatus = "grpc_status"
            case durationMs = "duration_ms"
            case occurredAt = "occurred_at"
        }
    }
}

/// What the daemon says about a failure.
public struct Verdict: Codable, Hashable, Sendable {
    /// The stored report's id.
    public var error: Int64
    /// The group that it belongs to: one problem, many occurrences.
    public var group: Int64
    /// How often the group has occurred, this time included.
    public var occurrences: Int64
    public var isNew: Bool
    /// Whether the group had been resolved and is back.
    public var isRegression: Bool
    public var category: Category
    public var severity: Severity
    public var strategy: Strategy
    public var retry: RetryDecision
    public var userMessage: String
    /// Steps for whoever looks into it.
    public var guidance: [String]
    /// The recovery plan that applies.
    public var plan: String?
    /// The rule that decided.
    public var why: String
    /// The catalogue's entry that applies, for `error.guidance`.
    public var code: String?
    /// Members of the report that this daemon does not know; they are kept.
    public var ignored: [String]?
    /// True where there were too many reports and this one was only counted: `error` is the newest of its group.
    public var sampled: Bool?
    /// True where the report said `once`, and its failure was told already: nothing was stored, and `error` is that one.
    public var repeated: Bool?

    public init(
        error: Int64, group: Int64, occurrences: Int64, isNew: Bool, isRegression: Bool, category: Category,
        severity: Severity, strategy: Strategy, retry: RetryDecision, userMessage: String, guidance: [String],
        plan: String? = nil, why: String, code: String? = nil, ignored: [String]? = nil,
        sampled: Bool? = nil, repeated: Bool? = nil
    ) {
        self.error = error
        self.group = group
        self.occurrences = occurrences
        self.isNew = isNew
        self.isRegression = isRegression
        self.category = category
        self.severity = severity
        self.strategy = strategy
        self.retry = retry
        self.userMessage = userMessage
        self.guidance = guidance
        self.plan = plan
        self.why = why
        self.code = code
        self.ignored = ignored
        self.sampled = sampled
        self.repeated = repeated
    }

    enum CodingKeys: String, CodingKey {
        case error, group, occurrences, category, severity, strategy, retry, guidance, plan, why, code, ignored
        case sampled, repeated
        case isNew = "is_new"
        case isRegression = "is_regression"
        case userMessage = "user_message"
    }
}

/// Whether to try again, and when.
public struct RetryDecision: Codable, Hashable, Sendable {
    public var allowed: Bool
    public var afterMs: Int64?
    /// The attempt that failed.
    public var attempt: Int64
    public var maxAttempts: Int64

    public init(allowed: Bool, afterMs: Int64?, attempt: Int64, maxAttempts: Int64) {
        self.allowed = allowed
        self.afterMs = afterMs
        self.attempt = attempt
        self.maxAttempts = maxAttempts
    }

    enum CodingKeys: String, CodingKey {
        case allowed, attempt
        case afterMs = "after_ms"
        case maxAttempts = "max_attempts"
    }
}
