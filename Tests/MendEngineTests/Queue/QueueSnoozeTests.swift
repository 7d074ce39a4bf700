import MendProtocol
import MendWire
import Testing

@testable import MendEngine

@Suite("Snoozed operations")
struct QueueSnoozeTests {
    private let t: TestEngine
    init() throws { t = try TestEngine() }

    private func snooze(_ leased: Leased, delayMs: Int64) -> Queue.Snooze {
        Queue.Snooze(
            operation: leased.operation, lease: leased.lease, delayMs: Milliseconds(unchecked: delayMs))
    }

    @Test("snooze gives an operation back for later, without spending the attempt")
    func later() throws {
        let operation = try t.enqueue(maxAttempts: 1)
        let leased = try t.takeOne()
        let answer = try t.call(snooze(leased, delayMs: 5_000))
        #expect(answer == Queue.Snooze.Answer(state: .scheduled, readyAt: t.now.wallMs + 5_000))
        #expect(try t.call(Queue.Get(operation: operation)).readyAt == answer.readyAt)
        try t.pass(4_999)
        #expect(try t.take(.mail).isEmpty)
        try t.pass(1)
        #expect(try t.takeOne().attempt == 1)
        #expect(try t.miscounted().isEmpty)
    }

    @Test("a snooze until a point in time follows the wall clock")
    func runAt() throws {
        try t.enqueue()
        let leased = try t.takeOne()
        let until = Timestamp(unchecked: t.now.wallMs + 60_000)
        try t.call(Queue.Snooze(operation: leased.operation, lease: leased.lease, runAt: until))
        t.clock.wallMs += 60_000
        try t.commit()
        #expect(try t.takeOne().operation == leased.operation)
    }

    @Test("a snooze of nothing, or until what is past, is a release")
    func atOnce() throws {
        try t.enqueue()
        #expect(try t.call(snooze(t.takeOne(), delayMs: 0)) == Queue.Snooze.Answer(state: .ready, readyAt: nil))
        let leased = try t.takeOne()
        #expect(leased.attempt == 1)
        let past = Queue.Snooze(
            operation: leased.operation, lease: leased.lease, runAt: Timestamp(unchecked: t.now.wallMs - 1))
        #expect(try t.call(past).state == .ready)
    }

    @Test("a snoozed operation was in good hands: its lost leases are forgotten")
    func lost() throws {
        try t.enqueue()
        for _ in 0..<2 {
            _ = try t.takeOne()
            try t.pass(60_000)
        }
        try t.call(snooze(t.takeOne(), delayMs: 1))
        try t.pass(1)
        _ = try t.takeOne()
        try t.pass(60_000)
        #expect(try t.counts().ready == 1)
    }

    @Test("the lease ends with it: a worker that goes on finds it lost")
    func leaseEnds() throws {
        try t.enqueue()
        let leased = try t.takeOne()
        try t.call(snooze(leased, delayMs: 10))
        #expect(
            try t.refusal(Queue.Complete(operation: leased.operation, lease: leased.lease))?.reason == .leaseLost)
        #expect(try t.refusal(snooze(leased, delayMs: 10))?.reason == .leaseLost)
    }

    @Test("either a delay or a point in time is needed, and only the holder may")
    func refused() throws {
        try t.enqueue()
        let leased = try t.takeOne()
        var call = snooze(leased, delayMs: 1)
        call.runAt = Timestamp(unchecked: 1)
        #expect(try t.refusal(call)?.field == "run_at")
        call.runAt = nil
        call.delayMs = nil
        #expect(try t.refusal(call)?.field == "delay_ms")
        #expect(try t.refusal(snooze(leased, delayMs: 1), as: .bob)?.reason == .permissionDenied)
        #expect(try t.complete(leased) == .done)
    }

    @Test("a snooze keeps the lane: the next one waits until the snoozed one has ended")
    func lane() throws {
        try t.enqueue(lane: "a")
        let second = try t.enqueue(lane: "a")
        try t.call(snooze(t.takeOne(), delayMs: 1_000))
        #expect(try t.take(.mail).isEmpty)
        try t.pass(1_000)
        try t.complete(t.takeOne())
        #expect(try t.takeOne().operation == second)
    }
}
