import GRDB
import MendEngine
import MendProtocol
import MendWire

/// Gives whole lines to a running engine, as the server would, and holds every answer against what the specification
/// says of its line.
///
/// A line that begins with `@` is a ``Direction`` to the probe: time passes, another user speaks, the daemon restarts.
/// So an input is a whole story, and does the same whenever it is run.
final class EngineProbe {
    final class Origin: CallOrigin {}

    /// A call that has no answer yet.
    struct Call {
        /// Nothing for a notification.
        let id: [UInt8]?
        let checkAnswer: (JSONValue) throws -> Void
        let line: Int
    }

    let limits = WireLimits()
    let methods = Dictionary(uniqueKeysWithValues: Methods.all.map { ($0.name, $0) })
    let database: DatabaseQueue
    var engine: Engine
    var clock = ClockReading(bootID: "boot", sinceBootMs: 5_000, wallMs: 1_700_000_000_000)
    var caller = Caller(uid: 1000, pid: 11, role: .operator)
    var batchSize = 1
    var pending: [WriterCall] = []
    var open: [UInt64: Call] = [:]
    /// What the last lease was given, for a client that goes away with it.
    var leased: [(operation: Int64, lease: Int64)] = []
    var origin = Origin()
    var lastNumber: UInt64 = 0
    var line = 0
    var tally = Tally()

    /// An engine on an empty state.
    init(on database: DatabaseQueue) throws {
        self.database = database
        engine = try Engine(opening: database, settings: Self.settings, reading: clock, seed: 1)
    }

    /// Small limits are reached by small inputs.
    static var settings: EngineSettings {
        var settings = EngineSettings()
        settings.queueMaxSize = 50
        settings.queueMaxCount = 20
        settings.breakerMaxCount = 20
        settings.waitersMaxCount = 20
        settings.transactionMaxSteps = 20
        settings.answerMaxBytes = 1 << 16
        return settings
    }

    var now: Moment { engine.timeBase.moment(clock) }

    /// Takes the bytes as a connection's whole input, lets everybody who waits get an answer, and audits the state.
    func run(_ input: [UInt8]) throws -> Tally {
        try take(input)
        try settle()
        return tally
    }

    private func take(_ input: [UInt8]) throws {
        var framer = LineFramer(maxLineBytes: limits.lineBytes)
        (input + [0x0A]).withUnsafeBytes { framer.append($0) }
        while true {
            let frame = framer.next { frame -> [UInt8] in
                if case .line(let bytes) = frame { Array(bytes) } else { [] }
            }
            guard let bytes = frame else { return }
            line += 1
            do {
                if bytes.first == UInt8(ascii: "@") { try follow(Direction(bytes)) } else { try take(line: bytes) }
            } catch {
                throw Finding("line \(line), \(shown(bytes.prefix(2000))): \(error)")
            }
        }
    }

    /// Ends the story: what waits gets its answer in time, and what is kept adds up, before and after all has run out.
    private func settle() throws {
        batchSize = 1
        try follow(.space)
        try commit()
        try audit()
        // Ten years are the longest that anything can wait for.
        try pass(Milliseconds.range.upperBound + 1)
        for call in open.values { throw Finding("line \(call.line) was never answered") }
        try audit()
        try restart()
        try audit()
    }

    // MARK: Time

    func pass(_ ms: Int64) throws {
        try commit()
        clock.sinceBootMs += ms
        clock.wallMs += ms
        var commits = 0
        repeat {
            try commit()
            commits += 1
            try expect(commits < 1000, "timers that are due do not come to an end")
        } while engine.nextDue.map { $0 <= now.elapsedMs } ?? false
    }

    /// The daemon ends and begins again: what waited is gone with its connection.
    func restart() throws {
        try commit()
        tally.abandoned += open.count
        open = [:]
        leased = []
        origin = Origin()
        engine = try Engine(opening: database, settings: Self.settings, reading: clock, seed: lastNumber)
        try commit()
    }

    // MARK: The audit

    /// Whether what `queue.stats` says agrees with the operations, and ids are not used twice.
    private func audit() throws {
        let stats = try engine.reader.answer(
            Queue.Stats(), caller: Caller(uid: 0, pid: 1, role: .operator), now: now, facts: Self.facts)
        try database.read { db in
            var counted: [String: Int64] = [:]
            let rows = try Row.fetchAll(
                db,
                sql: """
                    SELECT queues.name AS name, state, count(*) AS operations
                    FROM operations LEFT JOIN queues ON queues.id = operations.queue GROUP BY 1, 2
                    """)
            for row in rows {
                guard let queue: String = row["name"] else { throw Finding("an operation has no queue") }
                let code: Int64 = row["state"]
                counted["\(queue) \(try OperationState(stored: code))"] = row["operations"]
            }
            for info in stats.queues {
                for state in OperationState.allCases {
                    let there = counted.removeValue(forKey: "\(info.queue) \(state)") ?? 0
                    let said = info.counts[state]
                    try expect(there == said, "queue \(info.queue) says \(said) \(state), and has \(there)")
                }
            }
            try expect(counted.isEmpty, "queue.stats does not know of \(counted)")
            let twice = try Int.fetchOne(
                db, sql: "SELECT count(lease) - count(DISTINCT lease) FROM operations WHERE state = 4")
            try expect(twice == 0, "a lease was given twice")
        }
    }

    static let facts = ServerFacts(version: "0", startedAt: 0, connections: 1, calls: .init(answered: 0))
}
