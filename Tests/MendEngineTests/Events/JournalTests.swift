import MendProtocol
import MendWire
import Testing

@testable import MendEngine

@Suite("The journal")
struct JournalTests {
    let t: TestEngine

    init() throws { t = try TestEngine() }

    private func events() throws -> [Event] { try t.read(Events.List()).events }

    @Test("each run of the daemon begins with an event, once")
    func start() throws {
        try t.commit()
        try t.pass(1000)
        #expect(try events().map(\.kind) == [.daemonStarted])
        #expect(try events()[0].details?.text == #"{"version":"\#(MendVersion.current)","host_restarted":false}"#)
        try t.restart()
        try t.commit()
        try t.reboot(awayMs: 5000)
        try t.commit()
        #expect(try events().map(\.kind) == [.daemonStarted, .daemonStarted, .daemonStarted])
        #expect(try events()[2].details?.text.contains(#""host_restarted":true"#) == true)
    }

    @Test("a jump of the wall clock is an event, in both directions; a slew is not")
    func clockJump() throws {
        try t.commit()
        t.clock.wallMs += 3_600_000
        try t.commit()
        t.clock.wallMs -= 7_200_000
        try t.commit()
        t.clock.wallMs += 900
        try t.commit()
        let jumps = try events().filter { $0.kind == .clockJumped }
        #expect(jumps.map { $0.details?.text } == [#"{"by_ms":3600000}"#, #"{"by_ms":-7200000}"#])
        #expect(
            jumps.map(\.message) == [
                "the wall clock was set 3600000 ms forward", "the wall clock was set 7200000 ms back",
            ])
    }

    @Test("a jump of the wall clock while the daemon was away is an event, too")
    func clockJumpBetweenRuns() throws {
        try t.commit()
        t.clock.wallMs -= 60_000
        try t.restart()
        try t.commit()
        #expect(try events().map(\.kind) == [.daemonStarted, .daemonStarted, .clockJumped])
    }

    @Test("a problem's first report is an event, with its group, and its second is not")
    func newGroup() throws {
        var report = Errors.Report(message: "disk is full")
        report.service = "backup"
        let verdict = try t.call(report, meta: Meta(correlation: .task))
        try t.call(report)
        let new = try events().filter { $0.kind == .groupNew }
        #expect(new.count == 1)
        #expect(new[0].group == verdict.group && new[0].error == verdict.error && new[0].correlation == .task)
        #expect(new[0].message == "backup: disk is full" && new[0].uid == 1000)
        #expect(try t.number("SELECT count(*) FROM errors WHERE correlation = 'task-7'") == 1)
    }

    @Test("numbers have no gap, also where calls fail after they changed something")
    func noGaps() throws {
        try t.failing("INSERT ON events", when: "NEW.kind = 'operation.dead'")
        let operation = try t.enqueue()
        let leased = try t.takeOne()
        let failing = t.send(.fail(leased, .validation))
        t.send(Queue.Pause(queue: .mail), as: .root)
        try t.commit()
        #expect(t.refusal(failing) != nil)
        try t.failNoMore()
        try t.call(Queue.Resume(queue: .mail), as: .root)
        #expect(try t.state(operation) == .leased)
        #expect(try events().map(\.event) == Array(1...Int64(try events().count)))
        #expect(t.engine.lastEvent == Int64(try events().count))
    }

    @Test("with no space left, what fits is done though the start cannot be told; it is told once there is space")
    func startWithoutSpace() throws {
        try t.commit()
        try t.restart()
        try t.fillDisk()
        t.send(.enqueue())
        try t.commit()
        try t.freeDisk()
        try t.pass(2000)
        #expect(try events().filter { $0.kind == .daemonStarted }.count == 2)
    }

    @Test("retention leaves no gap, also where the wall clock was set back")
    func retentionWithoutGaps() throws {
        var settings = EngineSettings()
        settings.eventRetentionMs = 3_600_000
        let t = try TestEngine(settings: settings)
        try t.commit()
        t.clock.wallMs += 86_400_000
        try t.commit()
        t.clock.wallMs -= 86_400_000
        try t.commit()
        try t.pass(7_200_000)
        #expect(try t.read(Events.List()).events.map(\.event) == [2, 3], "the second one is from tomorrow")
    }
}
