import ArgumentParser
import Foundation
import GRDB
import MendEngine
import MendProtocol

/// Fills a state with reports of a month, and measures what is asked about them.
@main
struct HistoryBench: ParsableCommand {
    static let configuration = CommandConfiguration(commandName: "mend-history")

    @Option(help: "How many reports.") var reports = 1_000_000
    @Option(help: "Reports in one commit.") var batch = 50
    @Option(help: "How often each query is asked.") var times = 20
    @Option(help: "What a query may take, in milliseconds.") var bound = 50.0
    @Option(help: "Where the state is made, and left.") var directory: String?
    @Flag(help: "Only measure what reports cost with and without their words being indexed.") var cost = false

    func run() throws {
        if cost {
            for isIndexed in [true, false, true, false] {
                try inFolder { folder in
                    let filled = try Filled(folder, reports: reports, batch: batch, isIndexed: isIndexed)
                    say("\(isIndexed ? "with" : "without") index of words: \(filled.perSecond) reports a second")
                }
            }
            return
        }
        try inFolder { folder in
            let filled = try Filled(folder, reports: reports, batch: batch, isIndexed: true)
            say("\(reports) reports in commits of \(batch): \(filled.perSecond) a second, \(filled.megabytes) MB")
            try measure(filled)
        }
    }

    private func inFolder(_ body: (String) throws -> Void) throws {
        let folder = directory ?? NSTemporaryDirectory() + "mend-history-\(ProcessInfo.processInfo.processIdentifier)"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { if directory == nil { try? FileManager.default.removeItem(atPath: folder) } }
        try body(folder)
    }

    private func measure(_ filled: Filled) throws {
        var slowest = 0.0
        for (name, ask) in filled.queries {
            var took: [Double] = []
            for _ in 0..<times {
                let start = ContinuousClock.now
                try ask()
                took.append((ContinuousClock.now - start) / .milliseconds(1))
            }
            took.sort()
            slowest = max(slowest, took[took.count - 1])
            let padded = name + String(repeating: " ", count: max(1, 52 - name.count))
            say("\(padded)\(took[took.count / 2].shown) ms, at most \(took[took.count - 1].shown) ms")
        }
        say("the slowest took \(slowest.shown) ms; \(bound.shown) ms are allowed")
        if slowest > bound { throw ExitCode.failure }
    }
}

private func say(_ text: String) { FileHandle.standardOutput.write(Data((text + "\n").utf8)) }

extension Double {
    fileprivate var shown: String { String(format: "%.1f", self) }
}

/// A state full of reports.
private final class Filled {
    private final class Origin: CallOrigin {}

    private static let words = [
        "connection", "refused", "timeout", "while", "reading", "from", "upstream", "disk", "full", "invalid", "token",
        "for", "user", "payment", "declined", "certificate", "expired", "socket", "closed", "unexpectedly",
    ]
    private static let severities: [Severity] = [.low, .medium, .medium, .high, .high, .critical]

    private let engine: Engine
    private let origin = Origin()
    private var now: Moment
    private var random = RandomSource(seed: 1)
    private var lastTicket: UInt64 = 0
    private(set) var perSecond = 0
    private let folder: String

    init(_ folder: String, reports: Int, batch: Int, isIndexed: Bool) throws {
        self.folder = folder
        var settings = EngineSettings()
        settings.groupReportsPerMinute = .max
        settings.userReportsPerMinute = .max
        settings.errorMaxCount = .max
        let reading = ClockReading(bootID: "b", sinceBootMs: 1_000, wallMs: 1_700_000_000_000)
        var state = try Engine.open(StateDirectory(folder), settings: settings, reading: reading, seed: 1)
        if !isIndexed {
            try state.close()
            try Self.leaveWordsOut(folder)
            state = try Engine.open(StateDirectory(folder), settings: settings, reading: reading, seed: 1)
        }
        engine = state
        now = engine.timeBase.moment(reading)
        // The last minute is of now, so that windows have something in them.
        let step = 29 * 86_400_000 * Int64(batch) / Int64(reports)
        var (took, written) = (Duration.zero, 0)
        for first in stride(from: 0, to: reports, by: batch) {
            let calls = (first..<min(reports, first + batch)).map { _ in call() }
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

    private func call() -> WriterCall {
        func pick(_ count: UInt64) -> Int { Int(random.next() % count) }
        let service = pick(60) * pick(60) / 60
        let kind = pick(12) * pick(12) / 12
        let word = { (place: Int) in Self.words[(service * 7 + kind * 3 + place) % Self.words.count] }
        var report = Errors.Report(
            message: "\((0..<6).map(word).joined(separator: " ")) \(pick(1_000_000)) at 10.0.\(pick(250)).\(pick(250))")
        report.service = "service-\(service)"
        report.code = kind < 4 ? "code.\(kind)" : nil
        report.type = kind > 6 ? "Type\(kind)" : nil
        report.severity = Self.severities[kind % Self.severities.count]
        report.task = pick(3) == 0 ? "task-\(pick(50_000))" : nil
        report.stack = .frames((0..<5).map { "at module.function\($0) (file.py:\($0 * 7))" })
        lastTicket += 1
        return WriterCall(
            report, ticket: Ticket(origin: origin, number: lastTicket),
            caller: Caller(
                uid: UInt32(1000 + service % 7), pid: 1, role: .client, command: "c", unit: "u\(service).service"),
            meta: Meta())
    }

    // MARK: Queries

    var queries: [(String, () throws -> Void)] {
        let newest = now.wallMs
        func list(_ name: String, _ change: (inout ErrorFilter) -> Void, after: Int64? = nil) -> (
            String, () throws -> Void
        ) {
            var filter = ErrorFilter()
            change(&filter)
            var call = Errors.List(filter: filter)
            call.after = after
            return ("error.list " + name, { [self, call] in _ = try answer(call) })
        }
        func analysis(_ name: String, _ change: (inout Errors.Analysis) -> Void) -> (String, () throws -> Void) {
            var call = Errors.Analysis()
            change(&call)
            return ("error.analysis " + name, { [self, call] in _ = try answer(call) })
        }
        var csv = Errors.Export()
        csv.format = .csv
        return [
            list("newest") { _ in },
            list("of a service") { $0.service = "service-3" },
            list("of a service that there is not") { $0.service = "nobody" },
            list("of a code and severity") {
                $0.code = "code.1"
                $0.severity = .critical
            },
            list("of a rare unit, no index") { $0.unit = "u59.service" },
            list("of a type that there is not, no index") { $0.type = "None" },
            list("of a task") { $0.task = "task-77" },
            list("of a group") { $0.group = 5 },
            list("of an hour two weeks ago") {
                $0.since = Timestamp(newest - 14 * 86_400_000)
                $0.until = Timestamp(newest - 14 * 86_400_000 + 3_600_000)
            },
            list("of a word that many have") { $0.text = "timeout" },
            list("of a word that many have, from far back", { $0.text = "timeout" }, after: 100_000),
            list("of three words") { $0.text = "certificate expired upstream" },
            list("of words and a severity") {
                $0.text = "disk full"
                $0.severity = .critical
            },
            list("of words begun, in an hour") {
                $0.text = "cert*"
                $0.since = Timestamp(newest - 10 * 86_400_000)
                $0.until = Timestamp(newest - 10 * 86_400_000 + 3_600_000)
            },
            list("of a word that there is not") { $0.text = "zebra" },
            list("of one number") { $0.text = "424242" },
            analysis("of a day") { _ in },
            analysis("of an hour") { $0.windowMs = PositiveMilliseconds(3_600_000) },
            analysis("of a week") { $0.windowMs = PositiveMilliseconds(7 * 86_400_000) },
            analysis("of a month") { $0.windowMs = PositiveMilliseconds(30 * 86_400_000) },
            analysis("of a service") { $0.service = "service-3" },
            ("error.get", { [self] in _ = try answer(Errors.Get(error: 1_000)) }),
            ("error.export, a page (not bounded)", { [self, csv] in _ = try answer(csv) }),
            ("error.clear, a dry run of a page", { [self] in try clear() }),
        ]
    }

    private func answer<M: ReaderMethod>(_ method: M) throws -> M.Answer {
        try engine.reader.answer(
            method, caller: Caller(uid: 0, pid: 1, role: .operator), now: now,
            facts: ServerFacts(version: "", startedAt: 0, connections: 0, calls: System.Status.Calls()))
    }

    private func clear() throws {
        var filter = ErrorFilter()
        filter.service = "service-3"
        lastTicket += 1
        let call = WriterCall(
            Errors.Clear(filter: filter), ticket: Ticket(origin: origin, number: lastTicket),
            caller: Caller(uid: 0, pid: 1, role: .operator), meta: Meta(dryRun: true))
        for outcome in try engine.commit([call], now: now) { _ = try outcome.result.get() }
    }
}
