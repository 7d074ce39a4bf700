import MendProtocol
import Testing

@testable import MendEngine

@Suite("What is leased first, and when it is ready")
struct QueueOrderTests {
    private let t: TestEngine
    init() throws { t = try TestEngine() }

    @Test("the most urgent goes first, and within one priority whoever came first")
    func priorities() throws {
        let late = try t.enqueue(priority: 200)
        let plain = try [t.enqueue(), t.enqueue(priority: 100), t.enqueue()]
        let urgent = try [t.enqueue(priority: 0), t.enqueue(priority: 0)]
        #expect(try t.take(.mail, max: 10).map(\.operation) == urgent + plain + [late])
    }

    @Test("what comes back keeps its place")
    func keepsItsPlace() throws {
        let first = try t.enqueue()
        let second = try t.enqueue()
        let leased = try t.takeOne()
        try t.call(Queue.Release(operation: leased.operation, lease: leased.lease))
        #expect(try t.take(.mail, max: 10).map(\.operation) == [first, second])
    }

    @Test("a delayed operation is ready when its delay has passed, not before")
    func delay() throws {
        let operation = try t.enqueue(delayMs: 5_000)
        let due = t.now.wallMs + 5_000
        #expect(try t.call(Queue.Get(operation: operation)).readyAt == due)
        try t.pass(4_999)
        #expect(try t.take(.mail).isEmpty)
        #expect(try t.state(operation) == .scheduled)
        try t.pass(1)
        #expect(try t.state(operation) == .ready)
        #expect(try t.takeOne().operation == operation)
    }

    @Test("a delay of nothing is ready at once")
    func noDelay() throws {
        #expect(try t.state(try t.enqueue(delayMs: 0)) == .ready)
    }

    @Test("a delay is not moved by a jump of the wall clock")
    func delayIgnoresWall() throws {
        let operation = try t.enqueue(delayMs: 5_000)
        t.clock.wallMs += 3_600_000
        try t.pass(4_999)
        #expect(try t.state(operation) == .scheduled)
        try t.pass(1)
        #expect(try t.state(operation) == .ready)
    }

    @Test("run_at is ready at that time of the wall clock")
    func runAt() throws {
        let operation = try t.enqueue(runAt: t.now.wallMs + 60_000)
        #expect(try t.call(Queue.Get(operation: operation)).readyAt == t.now.wallMs + 60_000)
        try t.pass(59_999)
        #expect(try t.state(operation) == .scheduled)
        try t.pass(1)
        #expect(try t.state(operation) == .ready)
    }

    @Test("a run_at that has passed is ready at once")
    func runAtPast() throws {
        #expect(try t.state(try t.enqueue(runAt: 0)) == .ready)
    }

    @Test("run_at and delay_ms exclude each other, and nothing is kept")
    func excludes() throws {
        let error = try t.refusal(.enqueue(delayMs: 1, runAt: t.now.wallMs + 1))
        #expect(error?.reason == .invalidParams)
        #expect(error?.field == "run_at")
        #expect(try t.number("SELECT count(*) FROM operations") == 0)
    }

    @Test("run_at comes at once when the wall clock jumps over it")
    func jumpForward() throws {
        let operation = try t.enqueue(runAt: t.now.wallMs + 3_600_000)
        t.clock.wallMs += 3_600_000
        try t.commit()
        #expect(try t.state(operation) == .ready)
    }

    @Test("run_at waits longer when the wall clock jumps back")
    func jumpBack() throws {
        let runAt = t.now.wallMs + 3_600_000
        let operation = try t.enqueue(runAt: runAt)
        t.clock.wallMs -= 7_200_000
        try t.pass(3_600_000)
        #expect(try t.state(operation) == .scheduled)
        #expect(try t.call(Queue.Get(operation: operation)).readyAt == runAt)
        try t.pass(7_199_999)
        #expect(try t.state(operation) == .scheduled)
        try t.pass(1)
        #expect(try t.state(operation) == .ready)
    }

    @Test("a wall clock that is slewed a little at a time moves run_at, too")
    func slew() throws {
        let operation = try t.enqueue(runAt: t.now.wallMs + 60_000)
        for _ in 0..<20 {
            t.clock.wallMs += 500
            try t.pass(2_450)
        }
        #expect(try t.state(operation) == .scheduled, "59 s by the wall clock")
        t.clock.wallMs += 500
        try t.pass(1_000)
        #expect(try t.state(operation) == .ready, "49 s have passed, and the wall clock shows 60.5 s")
    }

    @Test("many that are due at once become ready in small commits, all of them")
    func manyDue() throws {
        for _ in 0..<600 { t.send(.enqueue(delayMs: 1_000)) }
        try t.commit()
        try t.pass(1_000)
        #expect((1..<600).contains(try t.counts().ready))
        while let due = t.engine.nextDue, due <= t.now.elapsedMs { try t.commit() }
        #expect(try t.counts().ready == 600)
    }

    @Test("the timer is set for what is due next")
    func nextDue() throws {
        try t.enqueue(delayMs: 9_000)
        try t.enqueue(delayMs: 4_000)
        try t.commit()
        #expect(t.engine.nextDue == t.now.elapsedMs + 4_000)
        try t.pass(4_000)
        #expect(t.engine.nextDue == t.now.elapsedMs + 5_000)
    }
}
