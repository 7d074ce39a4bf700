import Logging
import MendProtocol

/// What there is to know of one key of the configuration.
struct ConfigurationKey: Sendable {
    /// The name with its sections, as messages tell it: `limits.line_bytes`.
    let name: String
    /// What it sets, in one line.
    let summary: String
    /// Where its value is kept, and which values are allowed.
    let value: Value

    typealias Place<Member> = any WritableKeyPath<Configuration, Member> & Sendable

    enum Value: Sendable {
        case integer(Place<Int>, ClosedRange<Int>, unit: String)
        case level(Place<Logger.Level>)
        case names(Place<[String]>)
        /// Roles by the names of sockets; those that are not named keep theirs.
        case sockets(Place<[String: Role]>)
        /// Regular expressions by their names.
        case patterns(Place<[String: String]>)
    }

    init(_ name: String, _ value: Value, _ summary: String) {
        self.name = name
        self.value = value
        self.summary = summary
    }

    /// The sections it stands in, the outermost first, and its own name last.
    var path: [Substring] {
        name.split(separator: ".")
    }

    /// Whether a reload takes it; the others are what the daemon was built with at its start.
    var isReloadable: Bool { !Self.sectionsNeedingRestart.contains { name.hasPrefix("\($0).") } }

    static let sectionsNeedingRestart = ["limits", "stop", "log", "breaker"]

    /// The environment variable that overrides it.
    var variable: String {
        "MEND_" + name.uppercased().replacing(".", with: "_")
    }
}

extension ConfigurationKey {
    /// Every key, in the order of the shipped file; the keys of a section stand together.
    static let all: [ConfigurationKey] = limits + families + roles

    /// What can stand before a colon in the file, each with the sections it stands in.
    static let namesAndSections: [String] = all.flatMap { key in
        key.path.indices.map { key.path[...$0].joined(separator: ".") }
    }

    private static let limits: [ConfigurationKey] = [
        .init(
            "limits.line_bytes", .integer(\.limits.lineBytes, 4_096...67_108_864, unit: "bytes"),
            "The longest line, of a request or of an answer"),
        .init(
            "limits.batch", .integer(\.limits.batch, 1...100_000, unit: "requests"),
            "The most requests in one JSON-RPC batch"),
        .init(
            "limits.nesting", .integer(\.limits.nesting, 16...2_048, unit: "levels"),
            "How deep the arrays and objects of a message may be nested"),
        .init(
            "limits.connections", .integer(\.limits.connections, 1...65_536, unit: "connections"),
            "The most open connections; LimitNOFILE= of the service must allow them"),
        .init(
            "limits.connections_per_user", .integer(\.limits.connectionsPerUser, 1...65_536, unit: "connections"),
            "The most open connections of one user"),
        .init(
            "limits.in_flight", .integer(\.limits.inFlight, 1...65_536, unit: "requests"),
            "The most unanswered requests of one connection before no more are read from it"),
        .init(
            "limits.in_flight_bytes", .integer(\.limits.inFlightBytes, 4_096...1_073_741_824, unit: "bytes"),
            "The most memory for the requests and answers of one connection"),
        .init(
            "limits.total_bytes", .integer(\.limits.totalBytes, 1_048_576...68_719_476_736, unit: "bytes"),
            "The most memory for the requests and answers of all connections"),
        .init(
            "limits.processes", .integer(\.limits.processes, 1...65_536, unit: "processes"),
            "The most processes that leases, permits and transactions are tied to; each takes an open file"),
        .init(
            "limits.processes_per_user", .integer(\.limits.processesPerUser, 1...65_536, unit: "processes"),
            "The most of them for one user"),
        .init(
            "limits.follows", .integer(\.limits.follows, 1...65_536, unit: "subscriptions"),
            "The most subscriptions to events"),
        .init(
            "limits.follows_per_connection",
            .integer(\.limits.followsPerConnection, 1...65_536, unit: "subscriptions"),
            "The most subscriptions to events of one connection"),
    ]

    private static let hour = 3_600_000
    private static let year = 31_536_000_000

    private static let families: [ConfigurationKey] = [
        .init(
            "queue.max_size", .integer(\.queue.maxSize, 1...1_000_000_000, unit: "operations"),
            "The most unfinished operations of a queue that has no limit of its own"),
        .init(
            "queue.lease_ms", .integer(\.queue.leaseMs, 100...604_800_000, unit: "milliseconds"),
            "How long a lease lasts where the worker asks for no other time"),
        // Not below an hour: for so long a repeated `complete` or `fail` is answered as it was the first time.
        .init(
            "queue.retention_ms", .integer(\.queue.retentionMs, hour...10 * year, unit: "milliseconds"),
            "How long finished operations stay readable"),
        .init(
            "queue.ended_max_count", .integer(\.queue.endedMaxCount, 1_000...1_000_000_000, unit: "operations"),
            "The most finished operations that stay readable, over all queues"),
        .init(
            "queue.dead_retention_ms", .integer(\.queue.deadRetentionMs, hour...10 * year, unit: "milliseconds"),
            "How long dead letters are kept"),
        .init(
            "queue.dead_max_count", .integer(\.queue.deadMaxCount, 1...1_000_000_000, unit: "operations"),
            "The most dead letters of one queue; the oldest make room for new ones"),
        .init(
            "queue.poison_losses", .integer(\.queue.poisonLosses, 1...1_000, unit: "leases"),
            "How many leases an operation may lose in a row before it is dead, as poison"),
        .init(
            "errors.retention_ms", .integer(\.errors.retentionMs, hour...10 * year, unit: "milliseconds"),
            "How long error reports stay readable"),
        .init(
            "errors.max_count", .integer(\.errors.maxCount, 1_000...1_000_000_000, unit: "reports"),
            "The most error reports that are kept; the oldest make room for new ones"),
        .init(
            "errors.group_per_minute", .integer(\.errors.groupPerMinute, 1...1_000_000_000, unit: "reports"),
            "The most reports of one group that are stored in a minute; the rest is only counted"),
        .init(
            "errors.user_per_minute", .integer(\.errors.userPerMinute, 1...1_000_000_000, unit: "reports"),
            "The most reports of one user that are stored in a minute; the rest is only counted"),
        .init(
            "errors.mask", .patterns(\.errors.mask),
            "What is masked besides, each under its name, such as {order: 'ORD-[0-9]{8}'}"),
        .init(
            "statistics.retention_ms", .integer(\.statistics.retentionMs, 72 * hour...10 * year, unit: "milliseconds"),
            "How long reports stay counted by hours; by minutes they are for two days"),
        .init(
            "statistics.max_keys", .integer(\.statistics.maxKeys, 100...1_000_000, unit: "keys"),
            "How many kinds of reports are counted apart; what is beyond is counted by service"),
        .init(
            "analysis.error_percent", .integer(\.analysis.errorPercent, 1...99, unit: "percent"),
            "The share of attempts or calls that fail, of a queue or a breaker, above which it is unusual"),
        .init(
            "analysis.specific_error_count", .integer(\.analysis.specificErrorCount, 1...100_000, unit: "reports"),
            "How many reports of one group in the window are unusual"),
        .init(
            "analysis.recovery_failure_percent", .integer(\.analysis.recoveryFailurePercent, 1...99, unit: "percent"),
            "The share of operations that die, or of rollbacks that do not end well, above which it is unusual"),
        .init(
            "analysis.critical_count", .integer(\.analysis.criticalCount, 1...100_000, unit: "reports"),
            "How many critical reports of one service in the window are unusual"),
        .init(
            "analysis.spike_count", .integer(\.analysis.spikeCount, 1...100_000, unit: "reports"),
            "How many reports more than expected a spike has at least"),
        .init(
            "events.retention_ms", .integer(\.events.retentionMs, hour...10 * year, unit: "milliseconds"),
            "How long events stay in the journal"),
        .init(
            "events.max_count", .integer(\.events.maxCount, 1_000...1_000_000_000, unit: "events"),
            "The most events that stay in the journal"),
        .init(
            "transaction.timeout_ms", .integer(\.transaction.timeoutMs, 1_000...year, unit: "milliseconds"),
            "After which time a transaction that names no other is overdue"),
        .init(
            "transaction.max_count", .integer(\.transaction.maxCount, 1_000...1_000_000_000, unit: "transactions"),
            "The most ended transactions that stay readable"),
        .init(
            "breaker.max_count", .integer(\.breaker.maxCount, 1...1_000_000, unit: "breakers"),
            "The most breakers that are kept"),
        .init(
            "breaker.max_per_user", .integer(\.breaker.maxPerUser, 1...1_000_000, unit: "breakers"),
            "The most breakers that are kept of those that one user was the first to use"),
        .init(
            "stop.timeout_ms", .integer(\.stop.timeoutMs, 0...hour, unit: "milliseconds"),
            "How long a stop waits for clients to take their answers; TimeoutStopSec= must be longer"),
        .init(
            "stop.deaf_ms", .integer(\.stop.deafMs, 10...hour, unit: "milliseconds"),
            "How long a stop waits for a client that takes nothing of its answers"),
        .init("log.level", .level(\.log.level), "The least severe messages that are logged"),
    ]

    private static let roles: [ConfigurationKey] = [
        .init(
            "roles.operator.users", .names(\.roles.operators.users),
            "Users who may do everything; root and the daemon's own user always may"),
        .init("roles.operator.groups", .names(\.roles.operators.groups), "Groups whose members may do everything"),
        .init("roles.client.users", .names(\.roles.clients.users), "Users who may use the service"),
        .init("roles.client.groups", .names(\.roles.clients.groups), "Groups whose members may use the service"),
        .init("roles.observer.users", .names(\.roles.observers.users), "Users who may read"),
        .init("roles.observer.groups", .names(\.roles.observers.groups), "Groups whose members may read"),
        .init(
            "roles.sockets", .sockets(\.roles.sockets),
            "The highest role that a socket of systemd gives, by its name"),
    ]
}
