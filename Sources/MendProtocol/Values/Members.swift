import MendWire

/// Users and groups, by the kernel's numbers. Whoever is one of the users or in one of the groups belongs to them.
public struct Members: Codable, Hashable, Sendable {
    public var users: [UInt32]?
    public var groups: [UInt32]?

    public static let maxCount = 256

    public init(users: [UInt32]? = nil, groups: [UInt32]? = nil) {
        self.users = users
        self.groups = groups
    }

    public var count: Int { (users?.count ?? 0) + (groups?.count ?? 0) }

    /// Whether a user belongs to them.
    public func contains(user: UInt32, groups memberships: [UInt32]) -> Bool {
        users?.contains(user) == true || groups?.contains(where: memberships.contains) == true
    }
}
