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
    var engine: Engine
    var clock = ClockReading(bootID: "boot-1", sinceBootMs: 5_000, wallMs: 1_700_000_000_000)
    var boots = 1
    var connections: [Connection] = []
    var processes: [ProcessIdentity] = []
    var births: Int64 = 0

    /// When the engine last did what was due.
    var committedMs: Int64 = 0
    var batch: [WriterCall] = []
    var listeners: [Ticket: Told] = [:]
    var lastTicket: UInt64 = 0
    /// Tickets of this batch, in its order: those that a crash leaves without an answer.
    var batchTickets: [Ticket] = []

    let queues = QueueModel()
    let transactions = TransactionModel()
    let breakers = BreakerModel()
    let history: History
    /// What the batch asks for.
    var asked = Asked()
    var saidEnds: [SaidEnd] = []
    /// Calls that are to be sent again.
    var saidLater: [(World) -> Void] = []
    var keys = 0
    /// The last event that was listed.
    var listedEvent: Int64 = 0
    var trace: Trace
    var steps = 0
    var crashes = 0

    package init(seed: UInt64, mutation: Mutation? = nil, traces: Bool = false) throws {
        trace = Trace(isOn: traces)
        random = RandomSource(seed: seed)
        database = try DatabaseQueue()
        engine = try Engine(opening: database, settings: Self.settings, reading: clock, seed: random.next())
        history = History(queues, transactions)
        try database.write { db in
            // The trigger that was made last runs first (https://www.sqlite.org/src, trigger.c): the audit sees what the
            // engine did, and then what the fault made of it.
            if let mutation { try db.execute(sql: mutation.sql) }
            try db.execute(sql: Change.audit)
        }
        for number in 0..<6 { connections.append(Connection(Self.users[number % 3], number: number)) }
        for user in Self.users { processes.append(newProcess(of: user)) }
    }

    func newKey() -> Int {
        keys += 1
        return keys
    }

    static let users = (0..<3).map { Caller(uid: 1000 + UInt32($0), pid: 100 + Int32($0), role: .client) }
    static let root = Caller(uid: 0, pid: 1, role: .operator)

    static let settings = {
        var settings = EngineSettings()
        settings.queueMaxSize = 40
        settings.leaseMs = 60_000
        settings.retentionMs = 1_000_000_000_000
        settings.deadRetentionMs = 1_000_000_000_000
        return settings
    }()

    // MARK: Time

    var now: Moment { engine.timeBase.moment(clock) }

    func pass(_ ms: Int64) {
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
        try verify()
    }

    func someTime() -> Int64 {
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
        _ method: M, from connection: Connection, as caller: Caller? = nil, meta: Meta = Meta(),
        owner: Owner? = nil, told: @escaping (Result<M.Answer, CallError>?) throws -> Void
    ) {
        let ticket = ticket(connection)
        trace.note(
            "\(steps) \((caller ?? connection.caller).uid)/\(connection.number) \(M.name) \(wire(method)) \(owner == nil ? "" : "held") \(meta.idempotencyKey?.text ?? "")"
        )
        asked.note(method)
        batch.append(
            WriterCall(method, ticket: ticket, caller: caller ?? connection.caller, meta: meta, owner: owner))
        batchTickets.append(ticket)
        listeners[ticket] = { [weak self] outcome in
            switch outcome {
            case .success(let answer as M.Answer):
                self?.trace.note("  told: \(wire(answer))")
                try told(.success(answer))
            case .success(let kept as RawJSON):
                self?.trace.note("  told again: \(kept.text)")
                let root = try JSONDocument(parsing: kept.text).root
                try told(.success(try WireDecoder.decode(M.Answer.self, from: root, unknownMembers: .refuse)))
            case .success(let other): throw Violation(.answered, "\(M.name) answered \(other)")
            case .failure(let error):
                try require(error.reason != .internalError, .answered, "\(M.name): \(error.message)")
                self?.trace.note("  refused: \(error.message)")
                try told(.failure(error))
            case nil: try told(nil)
            }
        }
    }

    func ticket(_ connection: Connection) -> Ticket {
        lastTicket += 1
        return Ticket(origin: connection, number: lastTicket)
    }

    func commit() throws {
        let calls = batch
        let tickets = batchTickets
        batch = []
        batchTickets = []
        let outcomes = try engine.commit(calls, now: now)
        try noteCommit()
        var answered: Set<Ticket> = []
        for outcome in outcomes {
            try require(answered.insert(outcome.ticket).inserted, .answered, "a call was answered twice")
            try listeners.removeValue(forKey: outcome.ticket)?(outcome.result)
        }
        for ticket in tickets where listeners[ticket] != nil && waiting[ticket] == nil {
            throw Violation(.answered, "call \(ticket.number) was not answered")
        }
        waiting = waiting.filter { listeners[$0.key] != nil }
        try checkCommit(waiting.values.reduce(into: []) { $0.formUnion($1) })
    }

    func noteCommit() throws {
        committedMs = now.elapsedMs
        breakers.committed()
        let commit = History.Commit(asked: asked, now: now)
        asked = Asked()
        try database.read { db in try history.read(db, commit) }
    }

    /// Calls that may be answered late, with the queues that they wait for.
    var waiting: [Ticket: [Name]] = [:]

    /// Says that the last call sent may be answered late.
    func lastMayWait(for queues: [Name]) {
        if let last = batchTickets.last { waiting[last] = queues }
    }

    func sendReturn(of operation: Int64, lease: Int64) {
        asked.noteReturn(of: operation, lease: lease)
        batch.append(
            .returnLeases([(operation, lease)], ticket: ticket(connections[0]), caller: connections[0].caller))
    }
}

func wire(_ value: some Encodable) -> String { (try? WireEncoder.text(of: value)) ?? "?" }
