import Logging
import MendProtocol

/// What an administrator can set: the defaults, overridden by the configuration file, overridden by the environment.
///
/// The defaults stand here; what else there is to know of a key (its name, range, unit and meaning) stands in
/// ``ConfigurationKey/all``, which the file, the environment and the shipped example are read and written by.
struct Configuration: Sendable, Equatable {
    var limits = Limits()
    var queue = Queue()
    var errors = Errors()
    var statistics = Statistics()
    var analysis = Analysis()
    var events = Events()
    var transaction = Transaction()
    var breaker = Breaker()
    var stop = Stop()
    var log = Log()
    var roles = Roles()

    struct Limits: Sendable, Equatable {
        var lineBytes = 1_048_576
        var batch = 1_000
        var nesting = 512
        var connections = 4_096
        var connectionsPerUser = 512
        var inFlight = 1_024
        var inFlightBytes = 4_194_304
        var totalBytes = 268_435_456
        var processes = 4_096
        var processesPerUser = 512
        var follows = 256
        var followsPerConnection = 16
    }

    struct Queue: Sendable, Equatable {
        var maxSize = 1_000_000
        var leaseMs = 60_000
        var retentionMs = 86_400_000
        var endedMaxCount = 1_000_000
        var deadRetentionMs = 7_776_000_000
        var deadMaxCount = 100_000
        var poisonLosses = 3
    }

    struct Errors: Sendable, Equatable {
        var retentionMs = 2_592_000_000
        var maxCount = 1_000_000
        var groupPerMinute = 100
        var userPerMinute = 1_000
        /// The operator's own patterns, by name.
        var mask: [String: String] = [:]
    }

    struct Statistics: Sendable, Equatable {
        var retentionMs = 7_776_000_000
        var maxKeys = 10_000
    }

    struct Analysis: Sendable, Equatable {
        var errorPercent = 10
        var specificErrorCount = 1_000
        var recoveryFailurePercent = 10
        var criticalCount = 10
        var spikeCount = 20
    }

    struct Events: Sendable, Equatable {
        var retentionMs = 7_776_000_000
        var maxCount = 1_000_000
    }

    struct Transaction: Sendable, Equatable {
        var timeoutMs = 3_600_000
        var maxCount = 100_000
    }

    struct Breaker: Sendable, Equatable {
        var maxCount = 10_000
        var maxPerUser = 1_000
    }

    struct Stop: Sendable, Equatable {
        var timeoutMs = 10_000
        var deafMs = 1_000
    }

    struct Log: Sendable, Equatable {
        var level = Logger.Level.info
    }

    /// Who has which role. Root and the daemon's own user are operators whatever stands here.
    struct Roles: Sendable, Equatable {
        var operators = Members()
        var clients = Members(groups: ["mend"])
        var observers = Members()
        /// The highest role that a socket of systemd gives, by its name. What is set is added to this.
        var sockets: [String: Role] = ["mend-guest.socket": .client]
    }

    /// Users and groups, each a name or a numeric id, as they were written: names are looked up when they are needed,
    /// since an account may be made after the daemon has started.
    struct Members: Sendable, Equatable {
        var users: [String] = []
        var groups: [String] = []
    }
}

/// Why the configuration cannot be used: one line, with the place of the mistake.
struct ConfigurationError: Error, Equatable, CustomStringConvertible {
    let description: String

    init(_ description: String) {
        self.description = description
    }
}
