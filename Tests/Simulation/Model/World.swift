import GRDB
import MendEngine
import MendProtocol
import MendWire

/// An engine, its clock, and everybody who uses it: all of it made from one seed, so that a run can be repeated.
///
/// Clients learn only what they are told. A crash forgets what was not committed, and with it some answers to what was:
/// of those calls, nobody knows whether they were done.
package final class World {
    /// A connection of a user.
    final class Connection: CallOrigin {
        let caller: Caller
        let number: Int

        init(_ caller: Caller, number: Int) {
            self.caller = caller
            self.number = number
        }

        var owner: Owner { .connection(ConnectionOwner(self)) }
    }

    typealias Told = (Result<any Encodable & Sendable, CallError>?) throws -> Void

    var random: RandomSource
    let database: DatabaseQueue
    private(set) var engine: Engine
    private(set) var clock = ClockReading(bootID: "boot-1", sinceBootMs: 5_000, wallMs: 1_700_000_000_000)
    private var boots = 1
    private(set) var connections: [Connection] = []
    private(set) var processes: [ProcessIdentity] = []
    private var births: Int64 = 0

    /// When the engine last did what was due.
    private var committedMs: Int64 = 0
    private var batch: [WriterCall] = []
    private var listeners: [Ticket: Told] = [:]
    private var lastTicket: UInt64 = 0
    /// Tickets of this batch, in its order: those that a crash leaves without an answer.
    private var batchTickets: [Ticket] = []

    let queues = QueueModel()
    let transactions = TransactionModel()
    let breakers = BreakerModel()
    var trace: Trace
    private(set) var steps = 0
    private(set) var crashes = 0

    package init(seed: UInt64, mutation: Mutation? = nil, traces: Bool = false) throws {
        trace = Trace(isOn: traces)
        random = RandomSource(seed: seed)
        database = try DatabaseQueue()
        engine = try Engine(opening: database, settings: Self.settings, reading: clock, seed: random.next())
        if let mutation { try database.write { db in try db.execute(sql: mutation.sql) } }
        for number in 0..<6 { connections.append(Connection(Self.users[number % 3], number: number)) }
        for user in Self.users { processes.append(newProcess(of: user)) }
    }

    static let users = (0..<3).map { Caller(uid: 1000 + UInt32($0), pid: 100 + Int32($0), role: .client) }
    static let root = Caller(uid: 0, pid: 1, role: .operator)

    static let settings = {
        var settings = EngineSettings()
        settings.queueMaxSize = 40
        settings.leaseMs = 60_000
        settings.retentionMs = 1_000_000_000_000
        return settings
    }()

    // MARK: Time

    var now: Moment { engine.timeBase.moment(clock) }

    private func pass(_ ms: Int64) {
        clock.sinceBootMs += ms
        clock.wallMs += ms
    }

    // MARK: Chance

    func chance(_ percent: Double) -> Bool { Double.random(in: 0..<100, using: &random) < percent }

    func number(_ range: ClosedRange<Int64>) -> Int64 { Int64.random(in: range, using: &random) }

    func pick<Element>(_ elements: [Element]) -> Element? { elements.randomElement(using: &random) }

    func anyConnection() -> Connection { connections[Int(number(0...Int64(connections.count - 1)))] }

    func connection(of uid: UInt32) -> Connection {
        let own = connections.filter { $0.caller.uid == uid }
        return own[Int(number(0...Int64(own.count - 1)))]
    }

    /// One step: some calls in one batch, its commit or a crash, and some time.
    package func step() throws {
        steps += 1
        for _ in 0..<number(1...6) { try act() }
        if engine.breakers.claimPersist() { batch.append(.persistBreakers(ticket: ticket(connections[0]))) }
        switch number(0...99) {
        case 0...2: try crash(after: false)
        case 3...5: try crash(after: true)
        case 6: try reboot()
        default: try commit()
        }
        pass(someTime())
        if steps.isMultiple(of: 10) { try check() }
    }

    /// Ends well: everybody is served once more, and the state is looked at.
    package func finish() throws {
        try commit()
        try check()
    }

    private func someTime() -> Int64 {
        switch number(0...99) {
        case 0...39: 0
        case 40...69: number(1...500)
        case 70...89: number(500...20_000)
        case 90...97: number(20_000...200_000)
        default: number(1_000_000...90_000_000)
        }
    }

    // MARK: Calls

    /// Puts a call into the batch; `told` learns how it ended, or nothing where a crash took the answer.
    func send<M: WriterMethod>(
        _ method: M, from connection: Connection, as caller: Caller? = nil, owner: Owner? = nil,
        told: @escaping (Result<M.Answer, CallError>?) throws -> Void
    ) {
        let ticket = ticket(connection)
        trace.note(
            "\(steps) \((caller ?? connection.caller).uid)/\(connection.number) \(M.name) \(wire(method)) \(owner == nil ? "" : "held")"
        )
        batch.append(
            WriterCall(method, ticket: ticket, caller: caller ?? connection.caller, meta: Meta(), owner: owner))
        batchTickets.append(ticket)
        listeners[ticket] = { [weak self] outcome in
            switch outcome {
            case .success(let answer as M.Answer):
                self?.trace.note("  told: \(wire(answer))")
                try told(.success(answer))
            case .success(let other): throw Violation(.answered, "\(M.name) answered \(other)")
            case .failure(let error):
                try require(error.reason != .internalError, .answered, "\(M.name): \(error.message)")
                self?.trace.note("  refused: \(error.message)")
                try told(.failure(error))
            case nil: try told(nil)
            }
        }
    }

    private func ticket(_ connection: Connection) -> Ticket {
        lastTicket += 1
        return Ticket(origin: connection, number: lastTicket)
    }

    private func commit() throws {
        let calls = batch
        let tickets = batchTickets
        batch = []
        batchTickets = []
        let outcomes = try engine.commit(calls, now: now)
        noteCommit()
        var answered: Set<Ticket> = []
        for outcome in outcomes {
            try require(answered.insert(outcome.ticket).inserted, .answered, "a call was answered twice")
            try listeners.removeValue(forKey: outcome.ticket)?(outcome.result)
        }
        for ticket in tickets where listeners[ticket] != nil && !mayWait(ticket) {
            throw Violation(.answered, "call \(ticket.number) was not answered")
        }
    }

    private func noteCommit() {
        committedMs = now.elapsedMs
        breakers.committed()
    }

    private var waiting: Set<Ticket> = []

    /// Says that the last call sent may be answered late.
    func lastMayWait() {
        if let last = batchTickets.last { waiting.insert(last) }
    }

    private func mayWait(_ ticket: Ticket) -> Bool { waiting.contains(ticket) }

    // MARK: Ends

    /// The daemon is killed: before the commit, or after it and before anybody was told.
    private func crash(after committed: Bool) throws {
        crashes += 1
        trace.note("\(steps) crash \(committed ? "after" : "before") the commit")
        if committed {
            _ = try engine.commit(batch, now: now)
            noteCommit()
        }
        try begin(hostRestarted: false)
    }

    private func reboot() throws {
        crashes += 1
        trace.note("\(steps) reboot")
        boots += 1
        let away = number(1_000...10_000_000)
        clock = ClockReading(bootID: "boot-\(boots)", sinceBootMs: 700, wallMs: clock.wallMs + away)
        for index in processes.indices { processes[index] = newProcess(of: Self.users[index]) }
        try begin(hostRestarted: true)
    }

    private func begin(hostRestarted: Bool) throws {
        let unanswered = listeners
        batch = []
        batchTickets = []
        listeners = [:]
        waiting = []
        // Dictionaries have no order that a seed could repeat.
        for (_, told) in unanswered.sorted(by: { $0.key.number < $1.key.number }) { try told(nil) }
        connections = connections.map { Connection($0.caller, number: $0.number) }
        if !hostRestarted { pass(number(0...5_000)) }
        engine = try Engine(opening: database, settings: Self.settings, reading: clock, seed: random.next())
        queues.restarted(at: now, committedMs: committedMs, hostRestarted: hostRestarted)
        transactions.restarted()
        try breakers.restarted(self)
        // Those who watch over processes tell of the ones that ended meanwhile.
        for process in engine.heldProcesses.sorted(by: { $0.startTicks < $1.startTicks })
        where !processes.contains(process) {
            batch.append(.endOwner(.process(process), ticket: ticket(connections[0])))
        }
    }

    func endConnection() {
        let index = Int(number(0...Int64(connections.count - 1)))
        let old = connections[index]
        trace.note("\(steps) connection \(old.number) ends")
        connections[index] = Connection(old.caller, number: old.number)
        for ticket in waiting.filter({ $0.origin === old }).sorted(by: { $0.number < $1.number }) {
            batch.append(.endWait(of: ticket, ticket: self.ticket(connections[0]), caller: old.caller))
        }
        batch.append(.endOwner(old.owner, ticket: ticket(connections[0])))
        queues.ownerEnds(old.owner)
        transactions.ownerEnds(old.owner)
        // Nobody is there to be told any more.
        for ticket in listeners.keys.filter({ $0.origin === old }).sorted(by: { $0.number < $1.number }) {
            let told = listeners[ticket]
            listeners[ticket] = { _ in try told?(nil) }
        }
    }

    func endProcess() {
        let index = Int(number(0...Int64(processes.count - 1)))
        let old = processes[index]
        trace.note("\(steps) process \(old.startTicks) ends")
        processes[index] = newProcess(of: Self.users[index])
        batch.append(.endOwner(.process(old), ticket: ticket(connections[0])))
        queues.ownerEnds(.process(old))
        transactions.ownerEnds(.process(old))
    }

    private func newProcess(of user: Caller) -> ProcessIdentity {
        births += 1
        return ProcessIdentity(pid: user.pid, uid: user.uid, startTicks: births, bootID: clock.bootID)
    }

    func jumpWallClock() {
        clock.wallMs += number(-7_200_000...7_200_000)
        trace.note("\(steps) the wall clock jumps")
    }
}

private func wire(_ value: some Encodable) -> String { (try? WireEncoder.text(of: value)) ?? "?" }

/// The last things that happened, for people who look into a failure.
package struct Trace {
    let isOn: Bool
    private var lines: [String] = []
    private static let length = 400

    init(isOn: Bool) { self.isOn = isOn }

    mutating func note(_ line: @autoclosure () -> String) {
        guard isOn else { return }
        lines.append(line())
        if lines.count > 2 * Self.length { lines.removeFirst(Self.length) }
    }

    package var last: ArraySlice<String> { lines.suffix(Self.length) }
}
