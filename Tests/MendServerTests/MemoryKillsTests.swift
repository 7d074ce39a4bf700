import Foundation
import MendEngine
import MendProtocol
import Testing

@testable import MendServer

@Suite("Kills for want of memory")
final class MemoryKillsTests {
    private let root: URL

    init() throws {
        root = FileManager.default.temporaryDirectory.appending(component: "mend-\(UUID().uuidString)")
        try FileManager.default.createDirectory(
            at: root.appending(path: "system.slice/a.service"), withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(at: root) }

    private func count(_ kills: Int) throws {
        try Data("low 0\nhigh 3\nmax 9\noom 4\noom_kill \(kills)\noom_group_kill 0\n".utf8)
            .write(to: root.appending(path: "system.slice/a.service/memory.events"))
    }

    @Test("each kill that the cgroup has counted is the reason of one report")
    func once() throws {
        let kills = MemoryKills(root: root.path)
        let path = "/system.slice/a.service"
        #expect(!kills.takeKill(of: path))
        try count(0)
        #expect(!kills.takeKill(of: path))
        try count(2)
        #expect(kills.takeKill(of: path))
        #expect(kills.takeKill(of: path))
        #expect(!kills.takeKill(of: path))
        try count(3)
        #expect(kills.takeKill(of: path))
        #expect(!kills.takeKill(of: path))
    }

    @Test("a unit that was started anew counts from nothing")
    func restarted() throws {
        let kills = MemoryKills(root: root.path)
        try count(2)
        for _ in 0..<3 { _ = kills.takeKill(of: "/system.slice/a.service") }
        try count(1)
        #expect(kills.takeKill(of: "/system.slice/a.service"))
        #expect(!kills.takeKill(of: "/system.slice/a.service"))
    }

    @Test(
        "only the unit's own cgroup is looked at",
        arguments: [
            ("a.service", "0::/system.slice/a.service\n", "/system.slice/a.service"),
            ("a.service", "1:cpu:/x\n0::/system.slice/a.service/worker\n", "/system.slice/a.service"),
            ("a.service", "0::/system.slice/b.service\n", nil), ("a.service", "0::/\n", nil),
            ("a.service", "5:memory:/system.slice/a.service\n", nil), ("a.service", "0::/../a.service\n", nil),
        ] as [(String, String, String?)])
    func path(unit: String, cgroup: String, path: String?) {
        #expect(MemoryKills.path(of: unit, inCgroup: cgroup) == path)
    }

    @Test("a report that tells of no kill, and a caller without a unit, are not looked at")
    func others() {
        let kills = MemoryKills(root: root.path)
        var report = Errors.Report(message: "")
        #expect(!kills.explain(report, from: Caller(uid: 1, pid: getpid(), role: .client, unit: "a.service")))
        report.exitStatus = 137
        #expect(!kills.explain(report, from: Caller(uid: 1, pid: getpid(), role: .client)))
    }

    @Test(
        "a kill is told by signal or by a shell's exit status",
        arguments: [
            (nil, 137, true), (nil, 9, false), (.number(9), nil, true), (.name("sigkill"), nil, true),
            (.name("TERM"), nil, false), (.number(15), 137, false),
        ] as [(NameOrNumber?, Int32?, Bool)])
    func killed(signal: NameOrNumber?, exitStatus: Int32?, isKill: Bool) {
        var report = Errors.Report(message: "")
        report.signal = signal
        report.exitStatus = exitStatus
        #expect(report.tellsKill == isKill)
    }
}
