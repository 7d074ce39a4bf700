extension System {
    /// One screen about the whole host.
    public struct Status: Method {
        public static let name = "system.status"
        public static let summary = "Answers totals of queues, breakers, transactions, errors and calls."
        public static let role = Role.observer

        public init() {}

        public struct Answer: Codable, Hashable, Sendable {
            public var version: String
            public var instance: String
            public var startedAt: Int64
            public var uptimeMs: Int64
            public var connections: Int
            public var calls: Calls
            /// Operations by state, over all queues.
            public var operations: OperationCounts
            public var queues: Int64
            /// Breakers by state.
            public var breakers: [String: Int]
            /// Transactions that are not at their end, by state.
            public var transactions: [String: Int64]
            public var errors: ErrorCounts

            public init(
                version: String, instance: String, startedAt: Int64, uptimeMs: Int64, connections: Int, calls: Calls,
                operations: OperationCounts, queues: Int64, breakers: [String: Int], transactions: [String: Int64],
                errors: ErrorCounts
            ) {
                self.version = version
                self.instance = instance
                self.startedAt = startedAt
                self.uptimeMs = uptimeMs
                self.connections = connections
                self.calls = calls
                self.operations = operations
                self.queues = queues
                self.breakers = breakers
                self.transactions = transactions
                self.errors = errors
            }

            enum CodingKeys: String, CodingKey {
                case version, instance, connections, calls, operations, queues, breakers, transactions, errors
                case startedAt = "started_at"
                case uptimeMs = "uptime_ms"
            }
        }

        /// What came in since the start.
        public struct Calls: Codable, Hashable, Sendable {
            public var answered: Int64
            public var failed: Int64
            /// Notifications that failed: nobody else is told of these.
            public var notificationsFailed: Int64
            /// Transactions of the database; many calls share one.
            public var commits: Int64

            public init(answered: Int64 = 0, failed: Int64 = 0, notificationsFailed: Int64 = 0, commits: Int64 = 0) {
                self.answered = answered
                self.failed = failed
                self.notificationsFailed = notificationsFailed
                self.commits = commits
            }

            enum CodingKeys: String, CodingKey {
                case answered, failed, commits
                case notificationsFailed = "notifications_failed"
            }
        }

        public struct ErrorCounts: Codable, Hashable, Sendable {
            /// Reports ever taken.
            public var reports: Int64
            /// Groups ever seen.
            public var groups: Int64

            public init(reports: Int64, groups: Int64) {
                self.reports = reports
                self.groups = groups
            }
        }
    }
}

/// How many operations are in each state.
public struct OperationCounts: Codable, Hashable, Sendable {
    public var held: Int64 = 0
    public var scheduled: Int64 = 0
    public var ready: Int64 = 0
    public var parked: Int64 = 0
    public var leased: Int64 = 0
    public var done: Int64 = 0
    public var dead: Int64 = 0
    public var cancelled: Int64 = 0
    public var expired: Int64 = 0

    public init() {}

    public subscript(state: OperationState) -> Int64 {
        get { self[keyPath: Self.path(state)] }
        set { self[keyPath: Self.path(state)] = newValue }
    }

    /// Operations that may still happen.
    public var live: Int64 { held + scheduled + ready + parked + leased }

    private static func path(_ state: OperationState) -> WritableKeyPath<OperationCounts, Int64> {
        switch state {
        case .held: \.held
        case .scheduled: \.scheduled
        case .ready: \.ready
        case .parked: \.parked
        case .leased: \.leased
        case .done: \.done
        case .dead: \.dead
        case .cancelled: \.cancelled
        case .expired: \.expired
        }
    }
}
