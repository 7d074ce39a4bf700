import MendProtocol
import Testing

@testable import MendEngine

@Suite("What has ended is forgotten after a while")
struct RetentionTests {
    private let t: TestEngine
    init() throws {
        var settings = EngineSettings()
        settings.retentionMs = 5_000
        t = try TestEngine(settings: settings)
    }

    @Test("done and cancelled operations are deleted when their time is over, dead ones stay")
    func ended() throws {
        let dead = try t.kill()
        let done = try t.enqueue()
        try t.complete(try t.takeOne())
        let cancelled = try t.enqueue()
        try t.call(Queue.Cancel(operation: cancelled))
        let ready = try t.enqueue()
        try t.pass(4_999)
        #expect(try t.state(done) == .done)
        #expect(try t.state(cancelled) == .cancelled)
        try t.pass(1)
        #expect(try t.refusal(Queue.Get(operation: done))?.reason == .notFound)
        #expect(try t.refusal(Queue.Get(operation: cancelled))?.reason == .notFound)
        #expect(try t.counts().done == 0)
        try t.pass(365 * 86_400_000)
        #expect(try t.state(dead) == .dead)
        #expect(try t.state(ready) == .ready)
        #expect(try t.miscounted().isEmpty)
    }

    @Test("an operation that is replayed and done is forgotten like any other")
    func replayed() throws {
        let operation = try t.kill()
        try t.pass(60_000)
        try t.call(Queue.Replay(operation: operation))
        try t.complete(try t.takeOne())
        try t.pass(5_000)
        #expect(try t.refusal(Queue.Get(operation: operation))?.reason == .notFound)
        #expect(try t.miscounted().isEmpty)
    }

    @Test("it goes by the time that has passed, not by the wall clock")
    func wallClock() throws {
        let operation = try t.enqueue()
        try t.complete(try t.takeOne())
        t.clock.wallMs += 3_600_000
        try t.pass(4_999)
        #expect(try t.state(operation) == .done)
    }

    @Test("many that have ended are forgotten in small commits, all of them")
    func many() throws {
        for _ in 0..<700 { t.send(.enqueue()) }
        let leased = t.send(.lease(max: 1_000))
        try t.commit()
        for leased in try #require(try t.answer(leased)).operations {
            t.send(Queue.Complete(operation: leased.operation, lease: leased.lease))
        }
        try t.commit()
        #expect(try t.counts().done == 700)
        try t.pass(5_000)
        #expect((1..<700).contains(try t.counts().done))
        while let due = t.engine.nextDue, due <= t.now.elapsedMs { try t.commit() }
        #expect(try t.number("SELECT count(*) FROM operations") == 0)
        #expect(try t.miscounted().isEmpty)
    }

    @Test("old reports are forgotten as well, looked for once a minute")
    func reports() throws {
        var settings = EngineSettings()
        settings.errorRetentionMs = 100_000
        let t = try TestEngine(settings: settings)
        try t.kill()
        try t.pass(100_000)
        #expect(try t.number("SELECT count(*) FROM errors") == 1)
        try t.pass(60_000)
        #expect(try t.number("SELECT count(*) FROM errors") == 0)
    }
}
