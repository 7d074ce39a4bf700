import GRDB
import MendProtocol
import Testing

@testable import MendEngine

@Suite("Counts of groups, written once a batch")
struct GroupTallyTests {
    private static func report(_ message: String, service: String = "mailer") -> Errors.Report {
        var report = Errors.Report(message: message)
        report.service = service
        return report
    }

    /// Everything that a report can meet between two of its kind.
    private static let story: [any WriterMethod & Sendable] = [
        report("disk is full"), report("no space left"), report("disk is full"),
        Group.Resolve(group: 1), report("disk is full"), report("disk is full"),
        Group.Mute(group: 2, occurrences: 2), report("no space left"), report("no space left"), report("no space left"),
        Group.Merge(group: 1, groups: [2]), report("no space left"), report("disk is full"),
        Group.Split(group: 2), report("no space left"), Group.Reopen(group: 1), report("disk is full"),
    ]

    private static func told(_ t: TestEngine) throws -> [String] {
        let groups = try (1...2).map { try t.call(Group.Get(group: $0)) }
        let events = try t.call(Events.List()).events.map { "\($0.kind) \($0.group ?? 0)" }
        return groups.map { "\($0.state) \($0.occurrences) \($0.firstSeenAt) \($0.lastSeenAt)" } + events
    }

    @Test("calls of one batch leave groups as the same calls of many batches do")
    func oneBatch() throws {
        func send(_ method: some WriterMethod, _ t: TestEngine) { t.send(method, as: .root) }
        let (one, many) = (try TestEngine(), try TestEngine())
        for t in [one, many] { try t.commit() }
        for method in Self.story { send(method, one) }
        try one.commit()
        for method in Self.story {
            send(method, many)
            try many.commit()
        }
        let told = try Self.told(one)
        let toldByMany = try Self.told(many)
        #expect(told == toldByMany)
        #expect(told.first?.contains(" 7 ") == true, "\(told)")
        try one.restart()
        #expect(try Self.told(one) == told)
    }

    @Test("a batch that is taken back leaves no count behind")
    func takenBack() throws {
        let t = try TestEngine()
        try t.call(Self.report("disk is full"))
        try t.call(Self.report("disk is full"), meta: Meta(dryRun: true))
        t.send(Self.report("disk is full"))
        t.send(Self.report("disk is full"), meta: Meta(dryRun: true))
        try t.commit()
        #expect(try t.call(Group.Get(group: 1)).occurrences == 2)
    }
}

@Suite("Statements of the hot path")
struct HotSQLTests {
    private static let insert = HotSQL("INSERT INTO t VALUES (?, ?, ?, ?, ?)")

    @Test("values are stored as they are, and no text is not the text of no bytes")
    func values() throws {
        let database = try DatabaseQueue()
        try database.write { db in
            try db.execute(sql: "CREATE TABLE t (a, b, c, d, e)")
            let statements = HotStatements()
            defer { statements.removeAll() }
            let insert = try statements.statement(Self.insert, in: db)
            try insert.run("", nil as String?, Int64.min, "aß" as String?, UInt32.max)
            try insert.run("x", nil as Int64?, Int32(-1), true, "\u{1F600}")
            let rows = try Row.fetchAll(db, sql: "SELECT typeof(a), b IS NULL, c, d, e FROM t")
            #expect(rows.map { $0[0] as String } == ["text", "text"])
            #expect(rows.map { $0[1] as Bool } == [true, true])
            #expect(rows.map { $0[2] as Int64 } == [.min, -1])
            #expect(rows[0][3] as String == "aß")
            #expect((rows[1][3] as Int64, rows[0][4] as Int64) == (1, 4_294_967_295))
            #expect(rows[1][4] as String == "\u{1F600}")
        }
    }

    @Test("one that has failed says so, and its next run is not told of it")
    func failure() throws {
        let database = try DatabaseQueue()
        try database.write { db in
            try db.execute(sql: "CREATE TABLE t (a INTEGER PRIMARY KEY, b, c, d, e)")
            let statements = HotStatements()
            defer { statements.removeAll() }
            let insert = try statements.statement(Self.insert, in: db)
            try insert.run(Int64(1), "", "", "", "")
            #expect(throws: DatabaseError.self) { try insert.run(Int64(1), "", "", "", "") }
            try insert.run(Int64(2), "", "", "", "")
            #expect(try Int.fetchOne(db, sql: "SELECT count(*) FROM t") == 2)
        }
    }
}
