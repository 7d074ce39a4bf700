import Foundation
import GRDB
import MendEngine
import MendProtocol
import MendWire

/// A state full of reports.
final class Filled {
    private final class Origin: CallOrigin {}

    private static let words = [
        "connection", "refused", "timeout", "while", "reading", "from", "upstream", "disk", "full", "invalid", "token",
        "for", "user", "payment", "declined", "certificate", "expired", "socket", "closed", "unexpectedly",
    ]
    private static let severities: [Severity] = [.low, .medium, .medium, .high, .high, .critical]
    private static let begin: Int64 = 1_700_000_000_000

    private let engine: Engine
    private let origin = Origin()
    private(set) var now: Moment
    private var random = RandomSource(seed: 1)
    private var lastTicket: UInt64 = 0
    private(set) var perSecond = 0
    private let folder: String

    init(_ folder: String, reports: Int, days: Int, batch: Int, isIndexed: Bool) throws {
        self.folder = folder
        // The last minute is of now, so that windows have something in them.
        let step = Int64(days) * 86_400_000 * Int64(batch) / Int64(reports)
        let isFilled = FileManager.default.fileExists(atPath: folder + "/mend.db")
        let passed = isFilled ? Int64(reports / batch) * step : 0
        var settings = EngineSettings()
        settings.groupReportsPerMinute = .max
        settings.userReportsPerMinute = .max
        settings.errorMaxCount = .max
        let reading = ClockReading(bootID: "b", sinceBootMs: 1_000 + passed, wallMs: Self.begin + passed)
        var state = try Engine.open(StateDirectory(folder), settings: settings, reading: reading, seed: 1)
        if !isIndexed {
            try state.close()
            try Self.leaveWordsOut(folder)
            state = try Engine.open(StateDirectory(folder), settings: settings, reading: reading, seed: 1)
        }
        engine = state
        now = engine.timeBase.moment(reading)
        if !isFilled { try fill(reports, batch: batch, step: step) }
        // What the daemon would have done long ago, such as the sums of hours.
        for _ in 0..<20_000 where (engine.nextDue ?? .max) <= now.elapsedMs { _ = try engine.commit([], now: now) }
        _ = try engine.checkpoint()
    }

    private func fill(_ reports: Int, batch: Int, step: Int64) throws {
        var (took, written) = (Duration.zero, 0)
        for first in stride(from: 0, to: reports, by: batch) {
            var calls = (first..<min(reports, first + batch)).map { _ in report() }
            if first % (50 * batch) == 0 { calls.append(operation()) }
            let start = ContinuousClock.now
            for outcome in try engine.commit(calls, now: now) { _ = try outcome.result.get() }
            written += engine.takeWrittenPages()
            if written > engine.checkpointPages {
                _ = try engine.checkpoint()
                written = 0
            }
            took += ContinuousClock.now - start
            now.wallMs += step
            now.elapsedMs += step
        }
        perSecond = Int(Double(reports) / (took / .seconds(1)))
    }

    deinit { try? engine.close() }

    /// Puts something into the place of the index that takes words and forgets them.
    private static func leaveWordsOut(_ folder: String) throws {
        try DatabaseQueue(path: folder + "/mend.db").write { db in
            try db.execute(
                sql: """
                    DROP TABLE errors_text;
                    CREATE VIEW errors_text (rowid, message, service, code, type) AS SELECT 0, 0, 0, 0, 0;
                    CREATE TRIGGER errors_text_insert INSTEAD OF INSERT ON errors_text BEGIN SELECT 1; END;
                    """)
        }
    }

    var megabytes: Int {
        let attributes = try? FileManager.default.attributesOfItem(atPath: folder + "/mend.db")
        return (attributes?[.size] as? Int ?? 0) >> 20
    }

    // MARK: What is in it

    private func pick(_ count: UInt64) -> Int { Int(random.next() % count) }

    /// Of sixty services some report far more than others, as of the kinds of problems. One in fifty has a code of its
    /// own, so that there are thousands of groups. One in three belongs to one of many tasks, one in ten to the same.
    private func report() -> WriterCall {
        let service = pick(60) * pick(60) / 60
        let kind = pick(12) * pick(12) / 12
        let word = { (place: Int) in Self.words[(service * 7 + kind * 3 + place) % Self.words.count] }
        var report = Errors.Report(
            message: "\((0..<6).map(word).joined(separator: " ")) \(pick(1_000_000)) at 10.0.\(pick(250)).\(pick(250))")
        report.service = "service-\(service)"
        report.code = kind < 4 ? "code.\(kind)" : nil
        report.type = kind > 6 ? "Type\(kind)" : nil
        report.severity = Self.severities[kind % Self.severities.count]
        report.stack = .frames((0..<5).map { "at module.function\($0) (file.py:\($0 * 7))" })
        report.context = JSONObject(
            RawJSON(unchecked: #"{"host":"web-\#(pick(20))","request":"\#(pick(1_000_000_000))","path":"/v1/things"}"#))
        if pick(50) == 0 { report.code = "rare.\(pick(30_000))" }
        var meta = Meta()
        switch pick(30) {
        case 0..<10: report.task = "task-\(pick(50_000))"
        case 10..<13: meta.correlation = Name("nightly")
        case 13..<15: meta.correlation = Name("run-\(pick(5_000))")
        default: break
        }
        return call(
            report,
            caller: Caller(
                uid: UInt32(1000 + service % 7), pid: 1, role: .client, command: "c", unit: "u\(service).service"),
            meta: meta)
    }

    private func operation() -> WriterCall {
        call(
            Queue.Enqueue(queue: Name(unchecked: "mail"), payload: RawJSON(unchecked: #"{"to":"a"}"#)),
            caller: Caller(uid: 1000, pid: 1, role: .client), meta: Meta(correlation: Name("nightly")))
    }

    // MARK: Asking

    private func call(_ method: some WriterMethod, caller: Caller, meta: Meta) -> WriterCall {
        lastTicket += 1
        return WriterCall(
            method, ticket: Ticket(origin: origin, number: lastTicket), caller: caller, meta: meta)
    }

    @discardableResult
    func answer<M: ReaderMethod>(_ method: M) throws -> M.Answer {
        let answer = try engine.reader.answer(
            method, caller: Caller(uid: 0, pid: 1, role: .operator), now: now,
            facts: ServerFacts(version: "", startedAt: 0, connections: 0, calls: System.Status.Calls()))
        _ = try WireEncoder.text(of: answer)
        return answer
    }

    /// Does it, and takes it back.
    func tryOut(_ method: some WriterMethod) throws { try commit(method, Meta(dryRun: true)) }

    func commit(_ method: some WriterMethod, _ meta: Meta = Meta()) throws {
        let call = call(method, caller: Caller(uid: 0, pid: 1, role: .operator), meta: meta)
        for outcome in try engine.commit([call], now: now) { _ = try outcome.result.get() }
    }

    func ids(_ sql: String) throws -> [Int64] {
        var configuration = Configuration()
        configuration.readonly = true
        return try DatabaseQueue(path: folder + "/mend.db", configuration: configuration).read { db in
            try Int64.fetchAll(db, sql: sql)
        }
    }
}
