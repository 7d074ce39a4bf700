import GRDB
import MendProtocol
import MendWire
import Testing

@testable import MendEngine

@Suite("Grouping of reports")
struct GroupingTests {
    static let names = ["ada", "bob", "cyd", "dan", "eve"]

    private func fill(_ store: ErrorStore) throws -> [Verdict] {
        try Self.names.map { try store.report("cannot send mail to \($0) today") }
    }

    @Test("once messages are seen to be one problem, their groups are one, the oldest")
    func merged() throws {
        let store = try ErrorStore()
        let verdicts = try fill(store)
        #expect(verdicts.map(\.group) == [1, 2, 3, 4, 1])
        #expect(verdicts.map(\.isNew) == [true, true, true, true, false])
        #expect(verdicts[4].occurrences == 5)
        let next = try store.report("cannot send mail to zoe today")
        #expect((next.group, next.occurrences, next.isNew) == (1, 6, false))
        #expect(try store.report("something else").group == 5)
        #expect(
            try store.events(.groupMerged) == [
                "backup.service: 4 groups are one problem: cannot send mail to <*> today"
            ])
    }

    @Test("reports of a merged group are found under the group that they are in now")
    func listed() throws {
        let store = try ErrorStore()
        _ = try fill(store)
        #expect(try store.list { $0.group = 1 }.errors.map(\.error) == [5, 4, 3, 2, 1])
        #expect(try Set(store.list().errors.map(\.group)) == [1])
        #expect(try store.get(2).group == 1)
    }

    @Test("templates are the same after a restart")
    func restarted() throws {
        let t = try TestEngine()
        func report(_ name: String) throws -> Verdict {
            var report = Errors.Report(message: "cannot send mail to \(name) today")
            report.service = "mailer"
            return try t.call(report)
        }
        for name in Self.names.prefix(3) { _ = try report(name) }
        try t.restart()
        #expect(try report("dan").group == 4)
        #expect(try report("eve").group == 1)
        try t.restart()
        #expect(try report("zoe").group == 1)
        #expect(try report("bob").occurrences == 7)
    }

    @Test("what a call that was taken back has taught is forgotten")
    func takenBack() throws {
        let t = try TestEngine()
        try t.failing("INSERT ON errors", when: "NEW.message LIKE '%dan%' OR NEW.message LIKE '%eve%'")
        for name in Self.names {
            let report = Errors.Report(message: "cannot send mail to \(name) today")
            if name < "dan" { try t.call(report) } else { _ = try? t.call(report) }
        }
        #expect(try t.number("SELECT count(*) FROM error_groups WHERE merged_into IS NULL") == 3)
        try t.execute("DROP TRIGGER planted")
        #expect(try t.call(Errors.Report(message: "cannot send mail to fay today")).group == 4)
        #expect(try t.call(Errors.Report(message: "cannot send mail to gil today")).group == 1)
    }

    @Test("a dry run teaches nothing")
    func dryRun() throws {
        let t = try TestEngine()
        for name in Self.names.prefix(4) { try t.call(Errors.Report(message: "cannot send mail to \(name) today")) }
        var meta = Meta()
        meta.dryRun = true
        #expect(try t.call(Errors.Report(message: "cannot send mail to eve today"), meta: meta).group == 1)
        #expect(try t.call(Errors.Report(message: "cannot send mail to bob today")).group == 2)
    }

    @Test("groups of the version before stay as they are, and go on counting")
    func version1() throws {
        let t = try TestEngine()
        let fingerprint = Fingerprint.version1(
            service: "mailer", code: nil, type: nil, message: "cannot send mail to bob today")
        try t.engine.database.write { db in
            try db.execute(
                sql: """
                    INSERT INTO error_groups (id, fingerprint, service, title, occurrences, first_seen_at, last_seen_at)
                    VALUES (1, ?, 'mailer', 'old', 7, 1, 1)
                    """, arguments: [fingerprint])
            try db.execute(sql: "UPDATE counters SET error_group = 1")
        }
        try t.restart()
        func report(_ name: String) throws -> Verdict {
            var report = Errors.Report(message: "cannot send mail to \(name) today")
            report.service = "mailer"
            return try t.call(report)
        }
        #expect(try report("bob").occurrences == 8)
        #expect(try report("ada").group == 2)
        for name in ["cyd", "dan", "eve", "fay", "gil"] { _ = try report(name) }
        #expect(try report("bob").group == 1)
        #expect(try report("hal").group == 2)
    }

    @Test("services, codes, types and stacks tell problems apart")
    func apart() throws {
        let store = try ErrorStore()
        let stack = "Traceback\n  File \"/srv/a.py\", line 5, in f\nValueError"
        let groups = try [
            store.report("a b"), store.report("a b") { $0.service = "other" }, store.report("a b") { $0.code = "x" },
            store.report("a b") { $0.type = "y" }, store.report("a b") { $0.stack = .text(stack) },
            store.report("a b") { $0.fingerprint = "mine" },
            store.report("a b") { $0.fingerprint = "{{ default }} mine" },
        ].map(\.group)
        #expect(groups == Array(1...7))
        #expect(try store.report("other") { $0.fingerprint = "mine" }.group == 6)
        #expect(try store.report("other") { $0.fingerprint = "{{ default }} mine" }.group == 8)
        #expect(
            try store.report("a b") { $0.stack = .text(stack.replacing("line 5", with: "line 6")) }.group == 5)
    }

    @Test("a group that others were merged into stays until the last of their reports is forgotten")
    func forgotten() throws {
        var settings = EngineSettings()
        settings.errorRetentionMs = 10_000
        let store = try ErrorStore(settings: settings)
        _ = try fill(store)
        store.now.wallMs += 10_001
        #expect(try store.write { try $0.forgetOldErrors(limit: 2) })
        #expect(try store.count("error_groups") == 4)
        #expect(try store.report("cannot send mail to zoe today").group == 1)
        _ = try store.write { try $0.forgetOldErrors(limit: 10) }
        #expect(try store.count("error_groups") == 4)
        store.now.wallMs += 10_001
        _ = try store.write { try $0.forgetOldErrors(limit: 10) }
        #expect(try store.count("error_groups") == 0)
        #expect(try store.report("cannot send mail to ada today").group == 5)
    }
}
