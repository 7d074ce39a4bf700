extension System {
    /// Who the daemon is, what it allows, and what the caller may do.
    public struct Hello: Method {
        public static let name = "system.hello"
        public static let summary = "Answers version, instance, limits and the caller's role."
        public static let role = Role.observer

        public init() {}

        public struct Answer: Codable, Hashable, Sendable {
            /// The daemon's version.
            public var version: String
            /// The wire's version: `Wire.version`.
            public var wire: Int
            /// Changes when a backup is restored; ids of another instance mean something else.
            public var instance: String
            public var role: Role
            /// The caller as the kernel knows it.
            public var uid: UInt32
            public var limits: Limits
            /// Whether `_meta.dry_run` is understood.
            public var dryRun: Bool

            public init(
                version: String, wire: Int, instance: String, role: Role, uid: UInt32, limits: Limits, dryRun: Bool
            ) {
                self.version = version
                self.wire = wire
                self.instance = instance
                self.role = role
                self.uid = uid
                self.limits = limits
                self.dryRun = dryRun
            }

            enum CodingKeys: String, CodingKey {
                case version, wire, instance, role, uid, limits
                case dryRun = "dry_run"
            }
        }

        /// What the daemon takes at most.
        public struct Limits: Codable, Hashable, Sendable {
            /// A message in either direction, without its LF.
            public var lineBytes: Int
            /// Calls in one batch.
            public var batch: Int
            /// Arrays and objects within each other.
            public var nesting: Int
            public var connections: Int
            public var connectionsPerUser: Int
            /// Calls of one connection that are not yet answered; then the daemon stops reading.
            public var inFlight: Int
            /// Bytes of one connection, calls and unread answers, before the daemon stops reading.
            public var inFlightBytes: Int
            /// The same over all connections.
            public var totalBytes: Int
            /// Processes that something is tied to by `hold`.
            public var processes: Int
            public var processesPerUser: Int
            /// Subscriptions to events, in all and of one connection.
            public var follows: Int
            public var followsPerConnection: Int

            public init(
                lineBytes: Int = 1 << 20, batch: Int = 1000, nesting: Int = 512, connections: Int = 4096,
                connectionsPerUser: Int = 512, inFlight: Int = 1024, inFlightBytes: Int = 4 << 20,
                totalBytes: Int = 256 << 20, processes: Int = 4096, processesPerUser: Int = 512, follows: Int = 256,
                followsPerConnection: Int = 16
            ) {
                self.lineBytes = lineBytes
                self.batch = batch
                self.nesting = nesting
                self.connections = connections
                self.connectionsPerUser = connectionsPerUser
                self.inFlight = inFlight
                self.inFlightBytes = inFlightBytes
                self.totalBytes = totalBytes
                self.processes = processes
                self.processesPerUser = processesPerUser
                self.follows = follows
                self.followsPerConnection = followsPerConnection
            }

            enum CodingKeys: String, CodingKey {
                case batch, nesting, connections, processes, follows
                case lineBytes = "line_bytes"
                case connectionsPerUser = "connections_per_user"
                case inFlight = "in_flight"
                case inFlightBytes = "in_flight_bytes"
                case totalBytes = "total_bytes"
                case processesPerUser = "processes_per_user"
                case followsPerConnection = "follows_per_connection"
            }
        }
    }
}
