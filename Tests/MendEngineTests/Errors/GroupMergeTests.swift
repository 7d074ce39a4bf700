import GRDB
import MendProtocol
import MendWire
import Testing

@testable import MendEngine

@Suite("Merging and splitting of groups")
struct GroupMergeTests {
    static let names = ["ada", "bob", "cyd", "dan", "eve"]

    private func report(
        _ t: TestEngine, _ message: String, _ change: (inout Errors.Report) -> Void = { _ in }
    ) throws -> Verdict {
        var report = Errors.Report(message: message)
        report.service = "mailer"
        change(&report)
        return try t.call(report)
    }

    private func groups(_ t: TestEngine) throws -> [Int64] {
        try t.call(Errors.List()).errors.reversed().map(\.group)
    }

    @Test("many groups that are merged at once bring their reports along bit by bit")
    func manyAtOnce() throws {
        let t = try TestEngine()
        for service in ["a", "b", "c", "d"] {
            for _ in 0..<100 {
                var report = Errors.Report(message: "it failed")
                report.service = service
                t.send(report)
            }
        }
        try t.commit()
        #expect(try t.call(Group.Merge(group: 1, groups: [2, 3, 4]), as: .root).occurrences == 400)
        let moved = try t.engine.database.read { db in
            try Int.fetchOne(db, sql: "SELECT count(*) FROM errors WHERE error_group = 1") ?? 0
        }
        #expect(moved == 100 + 3 * 85)
        for _ in 0..<4 { try t.pass(60_000) }
        #expect(try Set(groups(t)) == [1])
    }

    @Test("what a person merges is counted as one from then on, and a split takes it back")
    func byHand() throws {
        let t = try TestEngine()
        for message in ["disk is full", "no space left", "no space left"] { _ = try report(t, message) }
        let merged = try t.call(Group.Merge(group: 1, groups: [2]), as: .root)
        #expect((merged.occurrences, merged.merged) == (3, [2]))
        let next = try report(t, "no space left")
        #expect((next.group, next.occurrences) == (1, 4))
        #expect(try groups(t) == [1, 1, 1, 1])
        try t.restart()
        #expect(try report(t, "no space left").group == 1)

        let split = try t.call(Group.Split(group: 2), as: .root)
        #expect((split.occurrences, split.mergedInto) == (2, nil))
        #expect(try t.call(Group.Get(group: 1)).occurrences == 3, "what came while they were one stays")
        #expect(try groups(t) == [1, 2, 2, 1, 1])
        #expect(try report(t, "no space left").group == 2)
        #expect(try report(t, "disk is full").group == 1)
    }

    @Test("a group that was merged over another takes its own count back, in whatever order they are split")
    func chain() throws {
        let t = try TestEngine()
        for (number, text) in ["a", "b", "c", "d"].enumerated() {
            for _ in 0..<(number + 2) { _ = try report(t, "it failed") { $0.fingerprint = text } }
        }
        func counts() throws -> [Int64] { try (1...4).map { try t.call(Group.Get(group: $0)).occurrences } }
        #expect(try counts() == [2, 3, 4, 5])
        try t.call(Group.Merge(group: 2, groups: [1]), as: .root)
        try t.call(Group.Merge(group: 3, groups: [2]), as: .root)
        try t.call(Group.Split(group: 1), as: .root)
        try t.call(Group.Merge(group: 4, groups: [1]), as: .root)
        _ = try report(t, "it failed") { $0.fingerprint = "a" }
        try t.call(Group.Split(group: 2), as: .root)
        #expect(try counts() == [2, 3, 4, 8])
        try t.call(Group.Split(group: 1), as: .root)
        #expect(try counts() == [2, 3, 4, 6], "what came while they were one stays")
    }

    @Test("a group of another service that is merged with a group follows it into the next one")
    func acrossServices() throws {
        let t = try TestEngine()
        _ = try report(t, "cannot send mail to ada today")
        #expect(try report(t, "the relay is down") { $0.service = "relay" }.group == 2)
        try t.call(Group.Merge(group: 1, groups: [2]), as: .root)
        #expect(try report(t, "the relay is down") { $0.service = "relay" }.group == 1)
        #expect(try report(t, "cannot reach the smarthost") { $0.fingerprint = "older" }.group == 3)
        try t.call(Group.Merge(group: 3, groups: [1]), as: .root)
        let verdict = try report(t, "the relay is down") { $0.service = "relay" }
        #expect((verdict.group, verdict.occurrences) == (3, 5))
    }

    @Test("the report that makes groups one is counted, also where one merge leads to the next")
    func chainOfMerges() throws {
        let t = try TestEngine()
        let words = ["ada", "bob", "cyd", "dan", "eve", "fay"]
        var sent: Int64 = 0
        for first in words {
            for second in words {
                let verdict = try report(t, "a \(first) fell over \(second) now")
                sent += 1
                let groups = try t.call(Group.List()).groups.filter { $0.mergedInto == nil }
                #expect(groups.reduce(0) { $0 + $1.occurrences } == sent, "\(first) \(second): \(verdict.group)")
            }
        }
        #expect(try Set(groups(t)).count == 1)
    }

    @Test("what was merged by itself can be split, and is not merged again")
    func byItself() throws {
        let t = try TestEngine()
        for name in Self.names { _ = try report(t, "cannot send mail to \(name) today") }
        #expect(try groups(t) == [1, 1, 1, 1, 1])
        try t.call(Group.Split(group: 2), as: .root)
        #expect(try groups(t) == [1, 2, 1, 1, 1])
        #expect(try report(t, "cannot send mail to bob today").group == 2)
        #expect(try report(t, "cannot send mail to zoe today").group == 1)
        try t.restart()
        for name in Self.names + ["fay", "gil"] { _ = try report(t, "cannot send mail to \(name) today") }
        #expect(try report(t, "cannot send mail to bob today").group == 2)
        #expect(try t.call(Group.Merge(group: 1, groups: [2]), as: .root).group == 1)
        #expect(try report(t, "cannot send mail to bob today").group == 1)
    }

    @Test("what had been merged into a group goes and comes with it")
    func nested() throws {
        let t = try TestEngine()
        for message in ["a b", "c d", "e f"] { _ = try report(t, message) }
        try t.call(Group.Merge(group: 2, groups: [3]), as: .root)
        try t.call(Group.Merge(group: 1, groups: [2]), as: .root)
        #expect(try groups(t) == [1, 1, 1])
        #expect(try t.call(Group.Get(group: 3)).mergedInto == 1)
        try t.call(Group.Split(group: 2), as: .root)
        #expect(try groups(t) == [1, 2, 2])
        #expect(try t.call(Group.Get(group: 3)).mergedInto == 2)
        #expect(try report(t, "e f").group == 2)
        try t.call(Group.Split(group: 3), as: .root)
        #expect(try groups(t) == [1, 2, 3, 2])
        #expect(try t.number("SELECT sum(occurrences) FROM error_groups WHERE merged_into IS NULL") == 4)
    }

    @Test("many reports are moved a few at a time, there and back")
    func many() throws {
        var settings = EngineSettings()
        settings.groupReportsPerMinute = .max
        settings.userReportsPerMinute = .max
        let t = try TestEngine(settings: settings)
        let count = Scope.dueLimit * 2 + 5
        _ = try report(t, "a b")
        for _ in 0..<count { _ = try report(t, "c d") }
        try t.call(Group.Merge(group: 1, groups: [2]), as: .root)
        #expect(try t.number("SELECT count(*) FROM errors WHERE error_group = 2") > 0)
        try t.pass(60_000)
        for _ in 0..<4 { try t.pass(0) }
        #expect(try t.number("SELECT count(*) FROM errors WHERE error_group = 2") == 0)
        try t.call(Group.Split(group: 2), as: .root)
        #expect(try t.number("SELECT count(*) FROM errors WHERE error_group = 1") > 1)
        try t.pass(60_000)
        for _ in 0..<4 { try t.pass(0) }
        #expect(try t.number("SELECT count(*) FROM errors WHERE error_group = 1") == 1)
        #expect(try t.number("SELECT count(*) FROM errors WHERE first_group IS NOT NULL") == 0)
    }

    @Test("statistics count merged groups as one, and apart after a split")
    func statistics() throws {
        let t = try TestEngine()
        for message in ["disk is full", "no space left", "no space left"] { _ = try report(t, message) }
        try t.call(Group.Merge(group: 1, groups: [2]), as: .root)
        try t.pass(60_000)
        #expect(try t.call(Errors.Analysis()).groups.map(\.count) == [3])
        try t.call(Group.Split(group: 2), as: .root)
        #expect(try t.call(Errors.Analysis()).groups.map(\.count) == [2, 1])
    }

    @Test("it is explained why two reports met, or did not")
    func explained() throws {
        let t = try TestEngine()
        for name in Self.names { _ = try report(t, "cannot send mail to \(name) today") }
        _ = try report(t, "disk is full")
        _ = try report(t, "disk is full") { $0.code = "disk" }
        _ = try report(t, "disk is full") { $0.stack = .text("  File \"/srv/a.py\", line 1, in f") }
        let met = try t.call(Group.Explain(error: 1, other: 2))
        #expect(met.met && met.group == 1)
        #expect(met.why.contains("words that were seen to vary made them one: cannot send mail to <*> today"))
        #expect(met.why.last == "report 2 was counted to group 2, which was merged into group 1 by itself")
        let templates = try t.call(Group.Explain(error: 1, other: 6))
        #expect(!templates.met && templates.otherGroup == 5)
        #expect(templates.why == ["the template differs: cannot send mail to <*> today and disk is full"])
        #expect(try t.call(Group.Explain(error: 6, other: 7)).why == ["the code or type differs: none and disk"])
        #expect(
            try t.call(Group.Explain(error: 6, other: 8)).why
                == ["the innermost code of the program differs: none and srv/a.py:f"])
        #expect(try t.refusal(Group.Explain(error: 1, other: 99))?.reason == .notFound)
    }
}
