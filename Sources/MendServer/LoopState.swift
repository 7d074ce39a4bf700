import MendEngine
import MendProtocol
import NIOCore

/// What the connections of one event loop share; it is touched on that loop only.
///
/// Calls that come in during one turn of the loop go to the writer together, and answers come back together: two
/// hand-overs a turn, not two a call.
final class LoopState {
    let core: ServerCore
    let eventLoop: any EventLoop
    /// This loop's share of the bytes in flight.
    let maxBytes: Int
    private(set) var bytes = 0
    /// What there is of lines that have not come whole. They are not in `bytes`: whoever sends no end must not keep others
    /// from being read.
    private var bytesOfLines = 0
    private var outgoing: [WriterCall] = []
    private(set) var connections: [ObjectIdentifier: Connection] = [:]
    /// Those that are gone while the writer has calls of theirs.
    private var departed: [ObjectIdentifier: Connection] = [:]
    private var users: [UInt32: LoopUser] = [:]
    /// Connections that stopped reading because of the bytes of all.
    var blocked = Turns<Connection>()
    var isResuming = false
    var resumesAgain = false
    /// What looks for room again and again while connections wait for it.
    var roomCheck: RepeatedTask?
    var isMakingRoom = false
    var lineTurns = LineTurns<Connection>()
    var areTurnsScheduled = false
    /// When the loop began to handle what it found on its sockets; nothing before it has.
    var roundBegan: UInt64?
    private var isRoundEndScheduled = false
    /// Clients that are being refused.
    var refusals = 0
    /// Connections with reads to begin: users take turns.
    private var linesForReaders = Turns<Connection>()
    private var readsRunning = 0
    private var isStartingReads = false
    /// Reads that are begun and not ended: as many as there are threads for them, and the next ones.
    private static let readsLimit = 4
    /// Connections with subscriptions, and the last event that they can be told.
    private var following: [ObjectIdentifier: Connection] = [:]
    private(set) var journalEnd: Int64 = 0
    private var onEmpty: (() -> Void)?
    private var deafCheck: RepeatedTask?

    init(core: ServerCore, eventLoop: any EventLoop) {
        self.core = core
        self.eventLoop = eventLoop
        maxBytes = core.settings.limits.totalBytes / max(1, core.settings.eventLoops)
    }

    /// Counts bytes in flight.
    func count(bytes change: Int, of user: LoopUser) {
        bytes += change
        user.bytes += change
        if change < 0 { resumeBlocked() } else if bytes >= maxBytes { makeRoom() }
    }

    /// A line that has not come whole may be this long, however many there are.
    static let sureLineBytes = 16 << 10

    /// Whether there is no room for long lines any more.
    var isFullOfLines: Bool { bytesOfLines >= maxBytes / 2 }

    func count(bytesOfLine change: Int) { bytesOfLines += change }

    /// Hands a call to the writer at the end of this turn.
    func submit(_ call: WriterCall) {
        outgoing.append(call)
        if outgoing.count == 1 { scheduleRoundEnd() }
    }

    /// After all that was found on the sockets.
    func scheduleRoundEnd() {
        guard !isRoundEndScheduled else { return }
        isRoundEndScheduled = true
        eventLoop.assumeIsolated().execute {
            self.isRoundEndScheduled = false
            self.roundBegan = nil
            self.handOver()
        }
    }

    private func handOver() {
        let calls = outgoing
        guard !calls.isEmpty else { return }
        outgoing = []
        guard case .running(let running) = core.service else { return }
        running.writer.submit(calls)
    }

    /// Answers what waits for a writer that has failed.
    func failWrites(_ problem: MendProtocol.System.Health.Problem) {
        outgoing = []
        for connection in Array(connections.values) + Array(departed.values) { connection.failWrites(problem) }
    }

    /// Gives the writer's answers to their connections, and writes once on each.
    func deliver(_ outcomes: [CallOutcome]) {
        var touched: [Connection] = []
        for outcome in outcomes {
            guard let origin = outcome.ticket.origin as? Origin else {
                takeSweep(outcome)
                continue
            }
            let connection = origin.connection.value
            if connection.take(outcome) { touched.append(connection) }
        }
        for connection in touched { connection.flush() }
    }

    // MARK: Reads

    func waitForReader(_ connection: Connection) {
        linesForReaders.add(connection, of: connection.caller.uid)
        startReads()
    }

    func readEnded() {
        readsRunning -= 1
        startReads()
    }

    private func startReads() {
        // A connection whose turn it is may get in line again at once.
        guard !isStartingReads else { return }
        isStartingReads = true
        defer { isStartingReads = false }
        while readsRunning < Self.readsLimit, let connection = linesForReaders.next() {
            if connection.startRead() { readsRunning += 1 }
            connection.startWaiting()
            connection.readFollowed()
        }
    }

    // MARK: Events

    func noteFollowing(_ connection: Connection, journalEnd: Int64) {
        following[ObjectIdentifier(connection)] = connection
        self.journalEnd = max(self.journalEnd, journalEnd)
    }

    func noteNotFollowing(_ connection: Connection) { following[ObjectIdentifier(connection)] = nil }

    /// The journal has grown: followers read on.
    func journalGrew(to event: Int64) {
        journalEnd = max(journalEnd, event)
        for connection in following.values { connection.readFollowed() }
    }

    // MARK: Processes

    /// Ends what was tied to a process in the name of `user`.
    func ended(_ process: ProcessIdentity, user: UInt32) {
        endPermits(of: .process(process))
        submit(.endOwner(.process(process), ticket: .unanswered, caller: .daemon(for: user)))
    }

    /// Takes back the permits of an owner at once: they are in memory, and wait for no commit.
    func endPermits(of owner: Owner) {
        if case .running(let running) = core.service { running.breakers.end(owner) }
    }

    private func takeSweep(_ outcome: CallOutcome) {
        guard let sweep = outcome.ticket.origin as? ProcessSweep, case .success(let answer) = outcome.result,
            let held = answer as? HeldProcesses
        else { return }
        core.processes.end(sweep, held: held.all)
    }

    // MARK: Connections

    /// Whether there are connections of several users.
    var isShared: Bool { users.count > 1 }

    /// What a user has of this loop; the same as long as there are connections of that user.
    func user(_ uid: UInt32) -> LoopUser { users[uid] ?? LoopUser() }

    func add(_ connection: Connection) {
        connections[ObjectIdentifier(connection)] = connection
        users[connection.caller.uid] = connection.user
        connection.user.connections += 1
    }

    func remove(_ connection: Connection) {
        connections[ObjectIdentifier(connection)] = nil
        if !connection.calls.isEmpty { departed[ObjectIdentifier(connection)] = connection }
        connection.user.connections -= 1
        if connection.user.connections == 0 {
            users[connection.caller.uid] = nil
            lineTurns.forget(connection.caller.uid)
        }
        guard connections.isEmpty, let onEmpty else { return }
        self.onEmpty = nil
        deafCheck?.cancel()
        onEmpty()
    }

    /// The writer has done all that a connection left.
    func forget(_ connection: Connection) { departed[ObjectIdentifier(connection)] = nil }

    /// Lets every connection answer what it has read and end; calls back once none is left.
    func stop(_ done: @escaping () -> Void) {
        guard !connections.isEmpty else { return done() }
        onEmpty = done
        for connection in connections.values { connection.stop() }
        let pace = TimeAmount.milliseconds(core.settings.stopDeafMs)
        let bound = NIOLoopBound(self, eventLoop: eventLoop)
        deafCheck = eventLoop.scheduleRepeatedTask(initialDelay: .zero, delay: pace) { _ in
            for connection in bound.value.connections.values { connection.closeIfDeaf() }
        }
    }

    /// Ends what did not end by itself.
    func closeAll() {
        for connection in connections.values { connection.close() }
    }
}

/// The origin of what the server itself asks of the writer: nobody waits for the answer.
private final class Nobody: CallOrigin {}

extension Ticket {
    static let unanswered = Ticket(origin: Nobody(), number: 0)
}

extension CallOutcome {
    /// What a lease call was given.
    var leases: [(operation: Int64, lease: Int64)] {
        // Compared first: most outcomes are of other calls, and a cast that fails is slow.
        guard case .success(let answer) = result, type(of: answer) == Queue.Lease.Answer.self,
            let answer = answer as? Queue.Lease.Answer
        else { return [] }
        return answer.operations.map { ($0.operation, $0.lease) }
    }
}

/// A connection as calls carry it through the engine.
final class Origin: CallOrigin {
    let loopIndex: Int
    let connection: NIOLoopBound<Connection>

    init(loopIndex: Int, connection: NIOLoopBound<Connection>) {
        self.loopIndex = loopIndex
        self.connection = connection
    }
}
