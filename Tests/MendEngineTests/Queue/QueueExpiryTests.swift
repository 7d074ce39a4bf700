import MendProtocol
import MendWire
import Testing

@testable import MendEngine

@Suite("Expiry, and results that are kept")
struct QueueExpiryTests {
    private let t: TestEngine
    init() throws { t = try TestEngine() }

    private func expiring(
        _ expiresMs: Int64 = 1_000, delayMs: Int64? = nil, policy: PolicyChoice? = nil, lane: String? = nil
    ) -> Queue.Enqueue {
        var call: Queue.Enqueue = .enqueue(delayMs: delayMs, policy: policy, lane: lane)
        call.expiresMs = PositiveMilliseconds(unchecked: expiresMs)
        return call
    }

    private func expired() throws -> Int64 {
        try t.number("SELECT count(*) FROM events WHERE kind = 'operation.expired'")
    }

    @Test("an operation that nobody began by its time expires, with an event")
    func ready() throws {
        let operation = try t.call(expiring()).operation
        #expect(t.engine.nextDue == t.now.elapsedMs + 1_000)
        #expect(try t.call(Queue.Get(operation: operation)).expiresAt == t.now.wallMs + 1_000)
        try t.pass(999)
        #expect(try t.state(operation) == .ready)
        try t.pass(1)
        #expect(try t.state(operation) == .expired)
        #expect(try t.take(.mail).isEmpty)
        #expect(try expired() == 1)
        #expect(try t.miscounted().isEmpty)
    }

    @Test("one that waits for its time is ready first, and then expires")
    func scheduled() throws {
        let operation = try t.call(expiring(delayMs: 600)).operation
        try t.pass(600)
        #expect(try t.state(operation) == .ready)
        try t.pass(400)
        #expect(try t.state(operation) == .expired)
    }

    @Test("a daemon that was away finds what expired meanwhile")
    func away() throws {
        let operation = try t.call(expiring(delayMs: 600)).operation
        t.wait(86_400_000)
        try t.restart()
        try t.commit()
        try t.commit()
        #expect(try t.state(operation) == .expired)
    }

    @Test("a leased operation is done after its time, too, where its worker succeeds")
    func leasedSucceeds() throws {
        try t.call(expiring())
        let leased = try t.takeOne()
        try t.pass(2_000)
        #expect(try t.complete(leased) == .done)
        #expect(try expired() == 0)
    }

    @Test("a leased operation expires when its lease ends without success after its time")
    func leasedEnds() throws {
        try t.call(expiring())
        let released = try t.takeOne()
        try t.pass(2_000)
        let release = Queue.Release(operation: released.operation, lease: released.lease)
        #expect(try t.call(release).state == .expired)
        let lost = try t.call(expiring()).operation
        _ = try t.takeOne()
        try t.pass(60_000)
        #expect(try t.state(lost) == .expired)
        #expect(try expired() == 2)
    }

    @Test("a failure whose next attempt would come too late expires the operation, which keeps its last error")
    func fails() throws {
        try t.call(expiring(policy: .every(600)))
        #expect(try t.fail(t.takeOne()).state == .scheduled)
        try t.pass(600)
        let answer = try t.fail(t.takeOne())
        #expect(answer.state == .expired)
        #expect(answer.retryAt == nil)
        let info = try t.call(Queue.Get(operation: 1))
        #expect(info.state == .expired)
        #expect(info.lastError == answer.verdict.error)
        #expect(try t.miscounted().isEmpty)
    }

    @Test("what would expire before it is ready is refused, with the field")
    func refused() throws {
        #expect(try t.refusal(expiring(1_000, delayMs: 1_000))?.field == "delay_ms")
        var call = expiring()
        call.runAt = Timestamp(unchecked: t.now.wallMs + 1_000)
        #expect(try t.refusal(call)?.field == "run_at")
        try t.call(expiring())
        let leased = try t.takeOne()
        let snooze = Queue.Snooze(
            operation: leased.operation, lease: leased.lease, delayMs: Milliseconds(unchecked: 1_000))
        #expect(try t.refusal(snooze)?.field == "delay_ms")
        #expect(try t.state(leased.operation) == .leased)
    }

    @Test("a wall clock that jumps back does not keep an operation alive beyond its time")
    func wallClock() throws {
        var call = expiring(1_000)
        call.runAt = Timestamp(unchecked: t.now.wallMs + 500)
        let operation = try t.call(call).operation
        t.clock.wallMs -= 3_600_000
        try t.commit()
        try t.pass(999)
        #expect(try t.state(operation) == .scheduled)
        try t.pass(1)
        #expect(try t.state(operation) == .expired)
    }

    @Test("an expired operation lets its lane go on, and one that waits in its lane expires as well")
    func lanes() throws {
        try t.call(expiring(1_000, lane: "a"))
        let second = try t.call(expiring(5_000, lane: "a")).operation
        let third = try t.call(expiring(2_000, lane: "a")).operation
        #expect(try t.state(second) == .scheduled)
        try t.pass(1_000)
        let leased = try t.takeOne()
        #expect(leased.operation == second)
        try t.pass(1_000)
        #expect(try t.state(third) == .expired)
        try t.complete(leased)
        #expect(try t.miscounted().isEmpty)
    }

    @Test("an operation whose time is over is not handed out, even before the timer has seen it")
    func notHandedOut() throws {
        let over = try t.call(expiring()).operation
        let next = try t.enqueue()
        t.wait(86_400_000)
        try t.restart()
        #expect(try t.take(.mail, max: 2).map(\.operation) == [next])
        #expect(try t.state(over) == .expired)
        #expect(try expired() == 1)
        #expect(try t.miscounted().isEmpty)
    }

    @Test("where all of a lane is over at once, each of its operations expires once")
    func wholeLane() throws {
        let operations = try (0..<3).map { _ in try t.call(expiring(lane: "a")).operation }
        try t.pass(1_000)
        #expect(try operations.map { try t.state($0) } == [.expired, .expired, .expired])
        #expect(try expired() == 3)
        #expect(try t.miscounted().isEmpty)
    }

    @Test("a dead letter that is replayed does not expire")
    func replayed() throws {
        let operation = try t.call(expiring()).operation
        try t.fail(t.takeOne(), .validation)
        try t.pass(5_000)
        try t.call(Queue.Replay(operation: operation))
        try t.pass(5_000)
        #expect(try t.takeOne().operation == operation)
    }

    @Test("a result is kept for the time that enqueue named, and for an hour at least")
    func kept() throws {
        func completed(keepMs: Int64?) throws -> Int64 {
            var call: Queue.Enqueue = .enqueue()
            call.keepResultMs = keepMs.map(ResultTime.init(unchecked:))
            let operation = try t.call(call).operation
            try t.complete(t.takeOne())
            return operation
        }
        let short = try completed(keepMs: 1)
        let long = try completed(keepMs: 3 * 86_400_000)
        let standard = try completed(keepMs: nil)
        try t.pass(3_599_999)
        #expect(try t.state(short) == .done)
        try t.pass(1)
        #expect(try t.refusal(Queue.Get(operation: short))?.reason == .notFound)
        try t.pass(86_400_000)
        #expect(try t.refusal(Queue.Get(operation: standard))?.reason == .notFound)
        #expect(try t.state(long) == .done)
        try t.pass(2 * 86_400_000)
        #expect(try t.refusal(Queue.Get(operation: long))?.reason == .notFound)
    }
}
