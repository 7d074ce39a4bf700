import GRDB
import MendProtocol
import MendWire
import Testing

@testable import MendEngine

/// An engine on a database in memory, and a clock that stands where it is put.
final class ErrorStore {
    let engine: Engine
    var now = Moment(wallMs: 1_700_000_000_000, elapsedMs: 1_000)
    var caller = Caller(uid: 1000, pid: 42, role: .client, command: "backup", unit: "backup.service")

    init(settings: EngineSettings = EngineSettings()) throws {
        engine = try Engine(
            opening: DatabaseQueue(), settings: settings,
            reading: ClockReading(bootID: "boot", sinceBootMs: 1_000, wallMs: 1_700_000_000_000), seed: 1)
    }

    func write<T>(_ body: (Scope) throws -> T) throws -> T {
        try engine.database.write { db in
            let result = try body(Scope(db: db, engine: engine, now: now))
            try engine.flushHistory(db, now: now)
            return result
        }
    }

    @discardableResult
    func report(_ message: String, _ change: (inout Errors.Report) -> Void = { _ in }) throws -> Verdict {
        var report = Errors.Report(message: message)
        change(&report)
        return try write { try $0.take(report, caller: caller) }
    }

    /// As the wire has it.
    @discardableResult
    func report(json: String) throws -> Verdict {
        let report = try WireDecoder.decode(Errors.Report.self, from: JSONDocument(parsing: json).root)
        return try write { try $0.take(report, caller: caller) }
    }

    func get(_ error: Int64) throws -> StoredReport {
        try engine.reader.answer(
            Errors.Get(error: error), caller: caller, now: now,
            facts: ServerFacts(version: "", startedAt: 0, connections: 0, calls: System.Status.Calls()))
    }

    func list(_ change: (inout Errors.List) -> Void = { _ in }) throws -> Errors.List.Answer {
        var list = Errors.List()
        change(&list)
        return try engine.reader.answer(
            list, caller: caller, now: now,
            facts: ServerFacts(version: "", startedAt: 0, connections: 0, calls: System.Status.Calls()))
    }

    func count(_ table: String) throws -> Int {
        try write { try Int.fetchOne($0.db, sql: "SELECT count(*) FROM \(table)") ?? 0 }
    }

    /// What the events of a kind say, the oldest first.
    func events(_ kind: EventKind) throws -> [String] {
        try write {
            try String.fetchAll(
                $0.db, sql: "SELECT message FROM events WHERE kind = ? ORDER BY event", arguments: [kind.rawValue])
        }
    }
}
