extension Group {
    /// One group: a problem, and how often it occurred.
    public struct Get: Method {
        public static let name = "group.get"
        public static let summary = "Answers one group of reports: its state, its template and its counts."
        public static let role = Role.observer
        public typealias Answer = GroupInfo

        public var group: Int64

        public init(group: Int64) { self.group = group }
    }
}

/// How a problem stands.
public enum GroupState: String, WireEnum {
    /// It occurred once.
    case new
    case ongoing
    /// It occurs far more often than it used to.
    case escalating
    /// It is back after it was resolved.
    case regressed
    case resolved
    case muted
}

/// A problem, and what is known of it.
public struct GroupInfo: Codable, Hashable, Sendable {
    public var group: Int64
    public var service: String
    public var title: String
    public var state: GroupState
    public var occurrences: Int64
    public var firstSeenAt: Int64
    public var lastSeenAt: Int64
    /// The template of its messages; absent where its reports say themselves what their group is.
    public var template: String?
    /// The code or type that its reports have.
    public var code: String?
    /// The innermost frames of the program's own code that its reports have.
    public var frames: String?
    /// The groups that were merged into it.
    public var merged: [Int64]?
    /// The group that it was merged into, which is counted in its place.
    public var mergedInto: Int64?
    public var resolvedAt: Int64?
    public var regressedAt: Int64?
    public var mutedUntil: Int64?
    /// The number of occurrences with which the mute ends.
    public var mutedOccurrences: Int64?
    /// Its newest report.
    public var error: Int64?

    public init(
        group: Int64, service: String, title: String, state: GroupState, occurrences: Int64, firstSeenAt: Int64,
        lastSeenAt: Int64
    ) {
        self.group = group
        self.service = service
        self.title = title
        self.state = state
        self.occurrences = occurrences
        self.firstSeenAt = firstSeenAt
        self.lastSeenAt = lastSeenAt
    }

    enum CodingKeys: String, CodingKey {
        case group, service, title, state, occurrences, template, code, frames, merged, error
        case firstSeenAt = "first_seen_at"
        case lastSeenAt = "last_seen_at"
        case mergedInto = "merged_into"
        case resolvedAt = "resolved_at"
        case regressedAt = "regressed_at"
        case mutedUntil = "muted_until_at"
        case mutedOccurrences = "muted_occurrences"
    }
}
