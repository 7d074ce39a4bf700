import MendEngine
import MendProtocol
import MendWire
import NIOPosix
import Synchronization

/// What all connections share.
final class ServerCore: Sendable {
    let settings: ServerSettings
    let clock: any Clock
    let router = Router()
    let calls = CallCounters()
    /// What `rpc.discover` answers, made once, when it is asked for first: it would be a quarter of a start.
    static let document = Result { try OpenRPC.document() }.mapError { error in
        CallError(.internalError, "the document cannot be written: \(error)")
    }
    let connections: ConnectionCount
    let follows: FollowCount
    let processes: ProcessWatches
    let memoryKills = MemoryKills()
    /// Where reads beside the writer run.
    let readers = NIOThreadPool(numberOfThreads: 2)
    let startedAt: Int64
    /// Tells the administrator of what was done to keep a limit.
    let warn: @Sendable (String) -> Void
    /// Whether new work is refused for want of space.
    let isShortOfSpace = Atomic<Bool>(false)
    /// What `system.health` says besides.
    let notices = Mutex<[System.Health.Notice]>([])
    private let current: Mutex<Service>
    private let rolesInForce: Mutex<RoleMap>

    init(settings: ServerSettings, clock: any Clock, service: Service, warn: @escaping @Sendable (String) -> Void) {
        self.settings = settings
        self.clock = clock
        self.warn = warn
        connections = ConnectionCount(limits: settings.limits)
        follows = FollowCount(limit: settings.limits.follows)
        processes = ProcessWatches(limits: settings.limits, clock: clock)
        startedAt = clock.read().wallMs
        current = Mutex(service)
        rolesInForce = Mutex(settings.roles)
    }

    /// Who has which role, for connections that begin now.
    var roles: RoleMap {
        get { rolesInForce.withLock { $0 } }
        set { rolesInForce.withLock { $0 = newValue } }
    }

    /// What the daemon can do at present.
    var service: Service {
        get { current.withLock { $0 } }
        set { current.withLock { $0 = newValue } }
    }

    var facts: ServerFacts {
        ServerFacts(
            version: settings.version, startedAt: startedAt, connections: connections.all, calls: calls.totals)
    }
}

/// Whether the state can be used.
enum Service: Sendable {
    case running(Running)
    /// It cannot: why, and what to do.
    case degraded(System.Health.Problem)

    func running() throws(CallError) -> Running {
        switch self {
        case .running(let running): return running
        case .degraded(let problem): throw CallError(.unavailable, problem.message, hint: problem.hint)
        }
    }
}

/// What serves calls while the state can be used. A class: each call looks at it, and a copy would count five references.
final class Running: Sendable {
    let writer: Writer
    /// Ends with the writer.
    let writerStopped: AsyncStream<Void>
    let reader: Reader
    let intake: ReportIntake
    let breakers: BreakerTable
    let instance: String
    /// The last event of the runs before this one.
    let eventBefore: Int64
    /// Until when, in milliseconds since boot, a connection may begin that presents what was tied to one of an earlier run;
    /// nothing where there is no such thing.
    let adoptionEndsMs: Int64?

    init(
        writer: Writer, writerStopped: AsyncStream<Void>, reader: Reader, intake: ReportIntake,
        breakers: BreakerTable, instance: String, eventBefore: Int64, adoptionEndsMs: Int64?
    ) {
        self.writer = writer
        self.writerStopped = writerStopped
        self.reader = reader
        self.intake = intake
        self.breakers = breakers
        self.instance = instance
        self.eventBefore = eventBefore
        self.adoptionEndsMs = adoptionEndsMs
    }

    /// The same state, read and prepared for by other settings.
    func with(_ reader: Reader, _ intake: ReportIntake) -> Running {
        Running(
            writer: writer, writerStopped: writerStopped, reader: reader, intake: intake, breakers: breakers,
            instance: instance,
            eventBefore: eventBefore, adoptionEndsMs: adoptionEndsMs)
    }
}
