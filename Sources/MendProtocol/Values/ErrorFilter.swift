/// Which reports somebody means: those that fit all that is said.
public struct ErrorFilter: Codable, Hashable, Sendable {
    public var service: String?
    public var category: Category?
    public var severity: Severity?
    public var code: String?
    /// The exception's class.
    public var type: String?
    public var group: Int64?
    public var task: String?
    /// The systemd unit of who reported it.
    public var unit: String?
    /// The user who reported it.
    public var uid: UInt32?
    public var correlation: Name?
    /// Words that are all in its message, service, code or type: `"in this order"` in quotation marks, `begin*` for what
    /// begins so.
    public var text: String?
    /// Only what was taken at or after this point, by the wall clock.
    public var since: Timestamp?
    /// Only what was taken at or before this point.
    public var until: Timestamp?

    public init() {}

    enum CodingKeys: String, CodingKey {
        case service, category, severity, code, type, group, task, unit, uid, correlation, text
        case since = "since_at"
        case until = "until_at"
    }
}
