import MendProtocol
import Testing

@testable import MendEngine

@Suite("States of groups")
struct GroupStateTests {
    private func report(_ t: TestEngine, _ message: String = "disk is full") throws -> Verdict {
        var report = Errors.Report(message: message)
        report.service = "backup"
        return try t.call(report)
    }

    private func state(_ t: TestEngine, _ group: Int64 = 1) throws -> GroupState {
        try t.call(Group.Get(group: group)).state
    }

    @Test("a group is new with its first report, and ongoing after that")
    func ongoing() throws {
        let t = try TestEngine()
        _ = try report(t)
        #expect(try state(t) == .new)
        _ = try report(t)
        #expect(try state(t) == .ongoing)
        let info = try t.call(Group.Get(group: 1))
        #expect((info.title, info.service, info.occurrences, info.error) == ("disk is full", "backup", 2, 2))
        #expect((info.template, info.code, info.merged, info.mergedInto) == ("disk is full", nil, nil, nil))
    }

    @Test("a resolved group that is reported again is a regression, once, and it is told of")
    func regressed() throws {
        let t = try TestEngine()
        #expect(try !report(t).isRegression)
        #expect(try t.call(Group.Resolve(group: 1), as: .root).state == .resolved)
        let back = try report(t)
        #expect(back.isRegression && !back.isNew && back.occurrences == 2)
        #expect(try state(t) == .regressed)
        #expect(try !report(t).isRegression)
        #expect(try t.number("SELECT count(*) FROM events WHERE kind = 'group.regressed' AND error_group = 1") == 1)
        #expect(try t.call(Group.Resolve(group: 1), as: .root).regressedAt == nil)
    }

    @Test("a group is muted until a point in time")
    func mutedUntil() throws {
        let t = try TestEngine()
        _ = try report(t)
        let until = try #require(Timestamp(t.now.wallMs + 10_000))
        let muted = try t.call(Group.Mute(group: 1, untilAt: until), as: .root)
        #expect((muted.state, muted.mutedUntil) == (.muted, until.value))
        #expect(try report(t).occurrences == 2)
        t.wait(9_999)
        #expect(try state(t) == .muted)
        t.wait(1)
        #expect(try state(t) == .ongoing)
        #expect(try t.refusal(Group.Mute(group: 1, untilAt: until), as: .root)?.field == "until_at")
    }

    @Test("a group is muted for a number of occurrences")
    func mutedOccurrences() throws {
        let t = try TestEngine()
        _ = try report(t)
        try t.call(Group.Mute(group: 1, occurrences: 2), as: .root)
        _ = try report(t)
        #expect(try state(t) == .muted)
        _ = try report(t)
        #expect(try state(t) == .ongoing)
        #expect(try t.refusal(Group.Mute(group: 1, occurrences: 0), as: .root)?.field == "occurrences")
    }

    @Test("no event tells of a muted group, and reopening takes back a mute and a resolve")
    func silent() throws {
        let t = try TestEngine()
        _ = try report(t)
        try t.call(Group.Resolve(group: 1), as: .root)
        try t.call(Group.Mute(group: 1), as: .root)
        #expect(try report(t).isRegression)
        for _ in 0..<150 { _ = try report(t) }
        #expect(try t.number("SELECT count(*) FROM events WHERE kind IN ('group.regressed', 'errors.sampled')") == 0)
        #expect(try t.call(Group.Reopen(group: 1), as: .root).state == .regressed)
        try t.call(Group.Resolve(group: 1), as: .root)
        #expect(try t.call(Group.Reopen(group: 1), as: .root).state == .ongoing)
    }

    @Test("a group escalates when there are ten times as many in an hour as before, and is told of once")
    func escalating() throws {
        let t = try TestEngine()
        for _ in 0..<4 {
            for _ in 0..<2 { _ = try report(t) }
            t.wait(3_600_000)
        }
        for _ in 0..<19 { _ = try report(t) }
        #expect(try state(t) == .ongoing)
        for _ in 0..<5 { _ = try report(t) }
        #expect(try state(t) == .escalating)
        #expect(try t.number("SELECT count(*) FROM events WHERE kind = 'group.escalating'") == 1)
        t.wait(2 * 3_600_000)
        #expect(try state(t) == .ongoing)
    }

    @Test("a group that is new does not escalate: there is nothing that it is more than")
    func youngDoesNotEscalate() throws {
        let t = try TestEngine()
        for _ in 0..<200 { _ = try report(t) }
        #expect(try state(t) == .ongoing)
    }

    @Test("groups are listed, the newest first, by service and state, without those that were merged")
    func list() throws {
        let t = try TestEngine()
        for message in ["a b", "c d", "e f", "g h"] { _ = try report(t, message) }
        try t.call(Group.Resolve(group: 2), as: .root)
        try t.call(Group.Merge(group: 1, groups: [3]), as: .root)
        #expect(try t.call(Group.List()).groups.map(\.group) == [4, 2, 1])
        var list = Group.List()
        list.state = .resolved
        #expect(try t.call(list).groups.map(\.group) == [2])
        list.state = nil
        list.limit = PageSize(2)
        let page = try t.call(list)
        #expect(page.groups.map(\.group) == [4, 2] && page.next == 2)
        list.after = page.next
        #expect(try t.call(list).groups.map(\.group) == [1] && t.call(list).next == nil)
        list.service = "other"
        #expect(try t.call(list).groups.isEmpty)
    }

    @Test("what is not there, or was merged, is refused with what to name instead")
    func refused() throws {
        let t = try TestEngine()
        _ = try report(t, "a b")
        _ = try report(t, "c d")
        try t.call(Group.Merge(group: 1, groups: [2]), as: .root)
        #expect(try t.refusal(Group.Get(group: 9))?.reason == .notFound)
        #expect(try t.refusal(Group.Resolve(group: 9), as: .root)?.reason == .notFound)
        #expect(try t.refusal(Group.Resolve(group: 2), as: .root)?.hint?.contains("group 1") == true)
        #expect(try t.refusal(Group.Merge(group: 1, groups: [2]), as: .root)?.reason == .conflict)
        #expect(try t.refusal(Group.Merge(group: 1, groups: []), as: .root)?.field == "groups")
        #expect(try t.refusal(Group.Merge(group: 1, groups: [1]), as: .root)?.field == "groups")
        #expect(try t.refusal(Group.Split(group: 1), as: .root)?.reason == .conflict)
    }
}
