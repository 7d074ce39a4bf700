import MendProtocol
import Testing

@testable import MendEngine

@Suite("Elapsed time over restarts and reboots")
struct TimeBaseTests {
    private let t: TestEngine
    init() throws { t = try TestEngine() }

    @Test("a new state begins at nothing, whenever the host was booted")
    func begins() {
        #expect(t.now == Moment(wallMs: 1_700_000_000_000, elapsedMs: 0))
    }

    @Test("within one boot the clock of the kernel goes on, whatever the wall clock says")
    func sameBoot() throws {
        try t.enqueue()
        t.clock.sinceBootMs += 7_000
        t.clock.wallMs -= 3_600_000
        try t.restart()
        #expect(t.now.elapsedMs == 7_000)
    }

    @Test("over a reboot the wall clock tells how long it took")
    func rebootForward() throws {
        try t.pass(2_000)
        try t.enqueue()
        try t.reboot(awayMs: 90_000)
        #expect(t.now.elapsedMs == 92_000)
        t.wait(10)
        #expect(t.now.elapsedMs == 92_010)
    }

    @Test("over a reboot into the past no time has passed, and it never goes backwards")
    func rebootBackward() throws {
        try t.pass(2_000)
        try t.enqueue()
        try t.reboot(awayMs: -500_000)
        #expect(t.now.elapsedMs == 2_000)
        try t.pass(10)
        try t.enqueue()
        try t.reboot(awayMs: -500_000)
        #expect(t.now.elapsedMs == 2_010)
    }

    @Test("a second reboot goes on from the first, even if nothing happened in between")
    func twice() throws {
        try t.enqueue()
        try t.reboot(awayMs: 1_000)
        try t.reboot(awayMs: 1_000)
        #expect(t.now.elapsedMs == 2_000)
    }

    @Test("a delay goes on over a reboot: by the wall clock, and not backwards")
    func delayOverReboot() throws {
        let operation = try t.enqueue(delayMs: 10_000)
        try t.reboot(awayMs: 4_000)
        try t.reboot(awayMs: -60_000)
        try t.pass(5_999)
        #expect(try t.state(operation) == .scheduled)
        try t.pass(1)
        #expect(try t.state(operation) == .ready)
    }

    @Test("run_at holds over a reboot, into the future and into the past")
    func runAtOverReboot() throws {
        let runAt = t.now.wallMs + 10_000
        let operation = try t.enqueue(runAt: runAt)
        try t.reboot(awayMs: -60_000)
        try t.pass(69_999)
        #expect(try t.state(operation) == .scheduled)
        #expect(try t.call(Queue.Get(operation: operation)).readyAt == runAt)
        try t.reboot(awayMs: 1)
        try t.commit()
        #expect(try t.state(operation) == .ready)
    }

    @Test("a lease goes on over a restart, and ends when its time is over")
    func leaseOverRestart() throws {
        try t.enqueue()
        let leased = try t.takeOne(leaseMs: 100_000)
        t.wait(60_000)
        try t.restart()
        try t.pass(39_999)
        #expect(try t.state(leased.operation) == .leased)
        try t.pass(1)
        #expect(try t.state(leased.operation) == .ready)
        #expect(try t.takeOne().attempt == 2)
    }

    @Test("a lease whose time ended around a restart has 30 s of grace, and spends no attempt")
    func grace() throws {
        try t.enqueue()
        let leased = try t.takeOne(leaseMs: 10_000)
        t.wait(60_000)
        try t.restart()
        try t.pass(29_999)
        #expect(try t.state(leased.operation) == .leased)
        try t.pass(1)
        #expect(try t.state(leased.operation) == .ready)
        #expect(try t.takeOne().attempt == 1)
    }

    @Test("after the daemon was away, calls that wait are applied before leases end")
    func callsBeforeExpiry() throws {
        try t.enqueue(policy: .every(10))
        try t.enqueue()
        try t.enqueue()
        let leased = try t.take(.mail, max: 3, leaseMs: 1_000)
        t.wait(60_000)
        try t.restart()
        let failed = t.send(.fail(leased[0]))
        let completed = t.send(Queue.Complete(operation: leased[1].operation, lease: leased[1].lease))
        let extended = t.send(Queue.Extend(operation: leased[2].operation, lease: leased[2].lease))
        try t.commit()
        #expect(try t.answer(failed)?.state == .scheduled)
        #expect(try t.answer(completed)?.state == .done)
        #expect(try t.answer(extended)?.leaseUntilAt == t.now.wallMs + 1_000)
        #expect(try t.counts().leased == 1)
    }

    @Test("what waits in memory is gone after a restart, and what is on disk is not")
    func restart() throws {
        let waiting = t.sendWait(.mail)
        try t.commit()
        let instance = t.engine.instance
        try t.restart()
        let operation = try t.enqueue()
        #expect(try t.got(waiting) == nil)
        #expect(try t.state(operation) == .ready)
        #expect(t.engine.instance == instance)
    }

    @Test("moments turn into each other")
    func moments() {
        let moment = Moment(wallMs: 1_000, elapsedMs: 30)
        #expect(moment.wall(atElapsed: 35) == 1_005)
        #expect(moment.elapsed(atWall: 900) == -70)
    }
}
