import MendWire

extension Errors {
    /// One stored report, whole.
    public struct Get: Method {
        public static let name = "error.get"
        public static let summary = "Answers one report with all its fields, its group and its verdict."
        public static let role = Role.observer
        public typealias Answer = StoredReport

        public var error: Int64

        public init(error: Int64) { self.error = error }
    }
}

/// A report as it is kept: what was told, what the kernel said of the teller, and what was decided.
public struct StoredReport: Codable, Hashable, Sendable {
    public var error: Int64
    public var group: Int64
    public var occurredAt: Int64
    public var reportedAt: Int64
    public var service: String
    public var message: String
    public var code: String?
    public var type: String?
    public var task: String?
    public var category: Category
    public var severity: Severity
    public var strategy: Strategy
    public var why: String
    public var uid: UInt32
    public var pid: Int32
    /// The caller's command name.
    public var command: String?
    /// The caller's systemd unit.
    public var unit: String?
    /// Everything else that was told, an object; what the daemon did not know of it, too.
    public var details: RawJSON

    public init(
        error: Int64, group: Int64, occurredAt: Int64, reportedAt: Int64, service: String, message: String,
        category: Category, severity: Severity, strategy: Strategy, why: String, uid: UInt32, pid: Int32,
        details: RawJSON
    ) {
        self.error = error
        self.group = group
        self.occurredAt = occurredAt
        self.reportedAt = reportedAt
        self.service = service
        self.message = message
        self.category = category
        self.severity = severity
        self.strategy = strategy
        self.why = why
        self.uid = uid
        self.pid = pid
        self.details = details
    }

    enum CodingKeys: String, CodingKey {
        case error, group, service, message, code, type, task, category, severity, strategy, why, uid, pid, command
        case unit, details
        case occurredAt = "occurred_at"
        case reportedAt = "reported_at"
    }
}
