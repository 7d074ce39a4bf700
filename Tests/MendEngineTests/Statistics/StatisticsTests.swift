import GRDB
import GRDBSQLite
import MendProtocol
import MendWire
import Testing

@testable import MendEngine

/// What was reported and how things ended, counted by minutes and hours of wall time.
@Suite("Statistics")
struct StatisticsTests {
    private static func rows(_ t: TestEngine, _ sql: String) throws -> [[Int64]] {
        try t.engine.database.read { db in
            try Row.fetchAll(db, sql: sql).map { row in row.databaseValues.map { Int64.fromDatabaseValue($0) ?? -1 } }
        }
    }

    private static func total(_ t: TestEngine, _ table: String) throws -> Int64 {
        try rows(t, "SELECT coalesce(sum(count), 0) FROM \(table)")[0][0]
    }

    /// Hour, key and count of what hours hold, packed or not.
    private static func hours(_ t: TestEngine) throws -> [[Int64]] {
        try t.engine.database.read { db in
            var counts: [[Int64]: Int64] = [:]
            for row in try Row.fetchAll(db, sql: "SELECT hour, key, count FROM report_hours") {
                counts[[row[0], row[1]], default: 0] += row[2]
            }
            let packed = try db.cachedStatement(sql: "SELECT counts, hour FROM packed_report_hours")
            packed.arguments = []
            try packed.eachRow { row in
                let hour = sqlite3_column_int64(row, 1)
                try PackedCounts.each(row, column: 0) { counts[[hour, $0], default: 0] += $1 }
            }
            return counts.map { $0.key + [$0.value] }.sorted { $0.lexicographicallyPrecedes($1) }
        }
    }

    private static func report(_ service: String, _ message: String = "it failed") -> Errors.Report {
        var report = Errors.Report(message: message)
        report.service = service
        return report
    }

    /// At the beginning of an hour, so that what is one minute or hour in a test is one.
    private static func engine(_ change: (inout EngineSettings) -> Void = { _ in }) throws -> TestEngine {
        var settings = EngineSettings()
        change(&settings)
        let t = try TestEngine(settings: settings)
        t.wait(3_600_000 - t.clock.wallMs % 3_600_000)
        try t.commit()
        return t
    }

    @Test("each report is counted in its minute, by service, category, severity, code and group")
    func minutes() throws {
        let t = try Self.engine()
        for _ in 0..<3 { t.send(Self.report("web")) }
        t.send(Self.report("db"))
        try t.commit()
        try t.pass(60_000)
        try t.call(Self.report("web"))
        let minute = t.now.wallMinute
        #expect(
            try Self.rows(t, "SELECT minute, count FROM report_minutes ORDER BY minute, key")
                == [[minute - 1, 3], [minute - 1, 1], [minute, 1]])
        #expect(try Self.rows(t, "SELECT error_group FROM report_keys ORDER BY id") == [[1], [2]])
    }

    @Test("a report that is only counted in a storm is counted here, too")
    func sampled() throws {
        let t = try Self.engine { $0.groupReportsPerMinute = 5 }
        for _ in 0..<40 { t.send(Self.report("web")) }
        try t.commit()
        #expect(try Self.rows(t, "SELECT count(*) FROM errors") == [[5]])
        #expect(try Self.total(t, "report_minutes") == 40)
    }

    @Test("what was answered is counted after a restart, and what was taken back is not")
    func crash() throws {
        let t = try Self.engine()
        try t.failing("INSERT ON errors", when: "NEW.message = 'refused'")
        t.send(Self.report("web", "kept"))
        t.send(Self.report("web", "refused"))
        t.send(Self.report("web", "kept"))
        try t.commit()
        #expect(try Self.total(t, "report_minutes") == 2)
        t.send(Self.report("web", "kept"), meta: Meta(dryRun: true))
        try t.commit()
        #expect(try Self.total(t, "report_minutes") == 2)
        try t.restart()
        try t.call(Self.report("web", "kept"))
        #expect(try Self.total(t, "report_minutes") == 3)
        #expect(try Self.rows(t, "SELECT count(*) FROM report_keys") == [[1]])
    }

    @Test("an hour that is over is summed; minutes go after two days, hours after their own time, and keys with them")
    func rollUp() throws {
        let t = try Self.engine { $0.statisticHoursMs = 10 * 86_400_000 }
        for _ in 0..<5 {
            try t.call(Self.report("web"))
            try t.pass(600_000)
        }
        let hour = t.now.wallHour
        #expect(try Self.hours(t) == [])
        try t.pass(660_000)
        #expect(try Self.hours(t) == [[hour, 1, 5]])
        #expect(try Self.rows(t, "SELECT rolled_hour FROM statistics") == [[hour + 1]])
        #expect(try Self.total(t, "report_minutes") == 5)
        for _ in 0..<16 { try t.pass(5 * 3_600_000) }
        #expect(try Self.total(t, "report_minutes") == 0)
        #expect(try Self.hours(t) == [[hour, 1, 5]])
        for _ in 0..<10 { try t.pass(86_400_000) }
        #expect(try Self.hours(t) == [])
        #expect(try Self.rows(t, "SELECT count(*) FROM report_keys") == [[0]])
        try t.call(Self.report("web"))
        #expect(try Self.total(t, "report_minutes") == 1)
    }

    @Test("when the daemon was away, the hours of before are summed all the same")
    func away() throws {
        let t = try Self.engine()
        try t.call(Self.report("web"))
        t.wait(3_600_000)
        try t.call(Self.report("web"))
        t.wait(30 * 86_400_000)
        try t.restart()
        for _ in 0..<5 { try t.pass(60_000) }
        #expect(try Self.hours(t).map(\.last) == [1, 1])
        #expect(try Self.total(t, "report_hours") == 0, "all are packed")
    }

    @Test("a clock that is set back counts into the hour that has its row already")
    func clockSetBack() throws {
        let t = try Self.engine()
        try t.call(Self.report("web"))
        try t.pass(3_660_000)
        t.clock.wallMs -= 3_600_000
        try t.call(Self.report("web"))
        #expect(try Self.hours(t).map(\.last) == [2])
        try t.pass(7_200_000)
        #expect(try Self.hours(t).map(\.last) == [2])
        #expect(try Self.rows(t, "SELECT count(*) FROM packed_report_hours") == [[1]])
        #expect(try Self.total(t, "report_hours") == 0)
    }

    @Test("beyond the bound of keys the service's own is counted, and beyond that the host's; how bad it was is known")
    func bounds() throws {
        let t = try Self.engine { $0.statisticKeys.all = (own: 2, lumped: 3) }
        for message in ["red", "green", "blue", "white"] { try t.call(Self.report("web", message)) }
        for message in ["red", "green"] { try t.call(Self.report("db", message)) }
        #expect(
            try Self.rows(
                t,
                "SELECT error_group, count FROM report_minutes JOIN report_keys ON id = key ORDER BY key")
                == [[1, 1], [2, 1], [0, 2], [-1, 2]])
        try t.restart()
        try t.call(Self.report("web", "red"))
        try t.call(Self.report("web", "pink"))
        #expect(try Self.total(t, "report_minutes") == 8)
        #expect(try Self.rows(t, "SELECT count(*) FROM report_keys") == [[4]])
    }

    @Test("a minute and an hour hold a bounded number of rows")
    func boundsOfTime() throws {
        let t = try Self.engine {
            $0.statisticKeys.minute = (own: 3, lumped: 4)
            $0.statisticKeys.hour = 2
        }
        for message in ["red", "green", "blue", "white", "black"] { try t.call(Self.report("web", message)) }
        #expect(try Self.rows(t, "SELECT count FROM report_minutes ORDER BY key") == [[1], [1], [1], [2]])
        for _ in 0..<3 { try t.call(Self.report("web", "green")) }
        try t.pass(3_660_000)
        #expect(
            try Self.hours(t).map { hour in
                try Self.rows(t, "SELECT error_group FROM report_keys WHERE id = \(hour[1])")[0] + [hour[2]]
            }.sorted { $0[0] < $1[0] } == [[0, 4], [2, 4]])
    }

    @Test("hours read the same packed, in rows, and both")
    func packed() throws {
        let t = try Self.engine()
        for service in ["web", "db", "mail"] { t.send(Self.report(service)) }
        try t.commit()
        try t.pass(3_660_000)
        try t.call(Self.report("web"))
        let window = { (t: TestEngine) in
            var call = Errors.Analysis()
            call.windowMs = PositiveMilliseconds(7 * 86_400_000)
            return try t.read(call)
        }
        let expected = try window(t)
        #expect(expected.reports == 4)
        #expect(try Self.total(t, "report_hours") == 0)
        let hour = t.now.wallHour - 1
        // As an earlier version left them, with a part that is packed.
        try t.engine.database.write { db in
            try db.execute(
                sql: """
                    UPDATE packed_report_hours SET counts = '2 1 ';
                    INSERT INTO report_hours (hour, key, count) VALUES (\(hour), 1, 1), (\(hour), 3, 1)
                    """)
        }
        #expect(try window(t) == expected)
        try t.restart()
        try t.pass(60_000)
        #expect(try Self.total(t, "report_hours") == 0)
        #expect(try window(t).reports == 4)
        #expect(
            try t.engine.database.read { try String.fetchAll($0, sql: "SELECT counts FROM packed_report_hours") }
                == ["1 1 1 1 1 1 "])
    }

    @Test(
        "what stands for an hour and is something else is told of, not counted",
        arguments: ["1", "1 ", "1 2", "1 x "])
    func damagedHour(counts: String) throws {
        let t = try Self.engine()
        try t.call(Self.report("web"))
        try t.pass(3_660_000)
        try t.pass(1)
        try t.engine.database.write { db in
            try db.execute(sql: "UPDATE packed_report_hours SET counts = ?", arguments: [counts])
        }
        #expect(throws: DatabaseError.self) { try Self.hours(t) }
    }

    @Test("what succeeded is counted once a minute: operations by queue, calls by breaker, transactions by name")
    func outcomes() throws {
        let t = try Self.engine()
        for _ in 0..<3 { try t.enqueue(.mail, "1") }
        try t.complete(try t.takeOne())
        try t.fail(try t.takeOne(), .validation)
        try t.fail(try t.takeOne())
        for outcome in [Outcome.success, .success, .failure, .ignored] {
            let permit = try t.engine.breakers.acquire(Name(unchecked: "db"), uid: 7, now: t.now).permit
            _ = try t.engine.breakers.record(
                permit: try #require(permit), outcome: outcome, counts: true, uid: 7, isOperator: false, now: t.now)
        }
        try t.call(Transaction.Commit(transaction: try t.begin(timeoutMs: 1_000)))
        #expect(try Self.total(t, "outcome_minutes") == 0)
        let minute = t.now.wallMinute
        try t.pass(60_000)
        let counted = try t.engine.database.read { db in
            try Row.fetchAll(db, sql: "SELECT minute, kind, name, count FROM outcome_minutes").map {
                "\($0[0] as Int64 - minute) \(OutcomeKind(rawValue: $0[1]).map { "\($0)" } ?? "?") \($0[2] as String) \($0[3] as Int64)"
            }
        }
        #expect(
            counted == [
                "0 completed mail 1", "0 failed mail 2", "0 died mail 1", "0 breakerSuccess db 2",
                "0 breakerFailure db 1", "0 committed deploy 1",
            ])
        try t.pass(3_600_000)
        #expect(try Self.total(t, "outcome_hours") == 8)
        #expect(try Self.total(t, "outcome_minutes") == 8)
    }

    @Test("an end that was taken back is not counted")
    func outcomesTakenBack() throws {
        let t = try Self.engine()
        try t.enqueue(.mail, "1")
        let leased = try t.takeOne()
        try t.failing("UPDATE ON operations", when: "NEW.result = '\"no\"'")
        t.send(Queue.Complete(operation: leased.operation, lease: leased.lease, result: RawJSON(unchecked: "\"no\"")))
        try t.commit()
        try t.complete(leased)
        try t.pass(60_000)
        try t.pass(60_000)
        #expect(try Self.total(t, "outcome_minutes") == 1)
    }
}
