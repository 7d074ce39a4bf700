import MendProtocol

/// What the server is told at its start.
package struct ServerSettings: Sendable {
    package var version: String
    package var limits = System.Hello.Limits()
    package var roles: RoleMap
    /// Threads that own connections. One is enough for a small host; each has its share of the limits on bytes.
    package var eventLoops = 1
    /// How long a stop waits for clients to take their answers, and how long for one that takes nothing of them.
    package var stopTimeoutMs: Int64 = 10_000
    package var stopDeafMs: Int64 = 1_000

    package init(version: String, roles: RoleMap) {
        self.version = version
        self.roles = roles
    }
}
