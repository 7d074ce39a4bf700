import MendProtocol
import MendWire
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

    @Test("done and cancelled operations are deleted when their time is over, dead ones after 90 days")
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
        try t.pass(90 * 86_400_000 - 10_000)
        #expect(try t.state(dead) == .dead)
        try t.pass(10_000)
        #expect(try t.refusal(Queue.Get(operation: dead))?.reason == .notFound)
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

    @Test("numbers that a restored backup leaves out push nothing out", arguments: [2, 3, 1_000])
    func restored(most: Int64) throws {
        var settings = EngineSettings()
        settings.errorMaxCount = most
        settings.transactionMaxCount = most
        let t = try TestEngine(settings: settings)
        for round in 1...3 {
            for number in 1...2 { try t.call(Errors.Report(message: "failure \(round) of kind \(number)")) }
            let transaction = try t.begin()
            try t.call(Transaction.Commit(transaction: transaction))
            try t.execute("UPDATE counters SET instance = ''")
            try t.restart(settings: settings)
            try settle(t)
            #expect(try t.number("SELECT count(*) FROM errors") == min(most, Int64(round) * 2))
            #expect(try t.number("SELECT count(*) FROM transactions") == min(most, Int64(round)))
        }
        let groups = try t.number("SELECT count(*) FROM error_groups")
        if most == 1_000 { #expect(try t.call(System.Status()).errors.groups == groups) }
        #expect(try t.number("SELECT max(id) FROM errors") > 2 << 32, "and none is given out twice")
    }

    /// Lets everything be done that is due.
    private func settle(_ t: TestEngine) throws {
        try t.pass(60_000)
        while let due = t.engine.nextDue, due <= t.now.elapsedMs { try t.commit() }
    }

    @Test("of ended operations there are only so many, and the oldest go first")
    func endedByCount() throws {
        var settings = EngineSettings()
        settings.endedMaxCount = 400
        let t = try TestEngine(settings: settings)
        for number in 1...1000 {
            t.send(.enqueue(.mail, delayMs: number.isMultiple(of: 2) ? Int64(80_000_000) : nil))
            if number.isMultiple(of: 100) { try t.commit() }
        }
        for _ in 0..<5 {
            let leased = t.send(.lease(max: 100))
            try t.commit()
            for leased in try #require(try t.answer(leased)).operations {
                t.send(Queue.Complete(operation: leased.operation, lease: leased.lease))
            }
            try t.commit()
            try t.pass(1_000)
        }
        try settle(t)
        #expect(try t.counts().done == 500, "for an hour a repeated complete is answered")
        try t.pass(3_600_000)
        try settle(t)
        #expect(try t.counts().done == 400)
        #expect(try t.counts().scheduled == 500, "what has not ended is not touched")
        #expect(try t.number("SELECT min(id) FROM operations WHERE state = 5") == 201)
        #expect(try t.miscounted().isEmpty)
    }

    @Test("the oldest dead letter goes where a queue has too many, and that is an event")
    func deadByCount() throws {
        var settings = EngineSettings()
        settings.deadMaxCount = 2
        let t = try TestEngine(settings: settings)
        let dead = try (0..<3).map { _ in try t.kill() }
        #expect(try t.refusal(Queue.Get(operation: dead[0]))?.reason == .notFound)
        #expect(try t.state(dead[1]) == .dead)
        #expect(
            try t.number("SELECT operation FROM events WHERE kind = 'operation.forgotten'") == dead[0])
        #expect(try t.miscounted().isEmpty)
    }

    @Test("reports, events and kept answers are bounded by count, each without gaps at its end")
    func othersByCount() throws {
        var settings = EngineSettings()
        settings.errorMaxCount = 10
        settings.eventMaxCount = 20
        settings.idempotencyMaxCount = 5
        let t = try TestEngine(settings: settings)
        for number in 0..<300 {
            try t.enqueue(policy: .every(10))
            try t.fail(try t.takeOne())
            t.send(.enqueue(.print), meta: Meta(idempotencyKey: IdempotencyKey("k\(number)")))
        }
        try settle(t)
        #expect(try t.number("SELECT count(*) FROM errors") == 10)
        #expect(try t.number("SELECT count(*) FROM idempotency") == 5)
        #expect(try t.number("SELECT count(*) FROM events") == 20)
        #expect(
            try t.number("SELECT max(event) - min(event) FROM events") == 19, "the last numbers are those that are kept"
        )
    }

    @Test("where too many answers are kept, the oldest of the user who has the most go, not those of others")
    func answersOfOthers() throws {
        var settings = EngineSettings()
        settings.idempotencyMaxCount = 400
        let t = try TestEngine(settings: settings)
        for number in 0..<3 {
            t.send(.enqueue(.mail), as: .bob, meta: Meta(idempotencyKey: IdempotencyKey("b\(number)")))
        }
        for number in 0..<1000 {
            t.send(.enqueue(.print), meta: Meta(idempotencyKey: IdempotencyKey("k\(number)")))
            if number.isMultiple(of: 100) { try t.commit() }
        }
        try t.commit()
        try settle(t)
        #expect(try t.number("SELECT count(*) FROM idempotency") == 400)
        #expect(try t.number("SELECT count(*) FROM idempotency WHERE key LIKE 'b%'") == 3)
        #expect(try t.number("SELECT count(*) FROM idempotency WHERE key = 'k603'") == 1, "the newest are kept")
        #expect(try t.number("SELECT count(*) FROM idempotency WHERE key = 'k602'") == 0)
    }

    @Test("of ended transactions there are only so many; those that go on are kept")
    func transactionsByCount() throws {
        var settings = EngineSettings()
        settings.transactionMaxCount = 3
        let t = try TestEngine(settings: settings)
        let active = try t.begin()
        for _ in 0..<5 { try t.call(Transaction.Commit(transaction: try t.begin())) }
        try settle(t)
        #expect(try t.state(ofTransaction: active) == .active)
        #expect(try t.number("SELECT count(*) FROM transactions") == 4)
        #expect(try t.number("SELECT min(id) FROM transactions WHERE state = 'committed'") == 4)
    }
}

@Suite("The file does not grow without end")
struct VacuumTests {
    @Test("what is free in the file is given back a little at a time, but for some that is kept")
    func vacuum() throws {
        let directory = try TemporaryDirectory()
        var settings = EngineSettings()
        settings.retentionMs = 1_000
        let t = try TestEngine(in: StateDirectory(directory.path), settings: settings)
        let payload = RawJSON.string(String(repeating: "x", count: 100_000))
        for _ in 0..<100 { t.send(.enqueue(.mail, payload)) }
        try t.commit()
        for _ in 0..<12 {
            for leased in try t.take(.mail, max: 10) {
                t.send(Queue.Complete(operation: leased.operation, lease: leased.lease))
            }
            try t.commit()
        }
        try t.pass(1_000)
        #expect(try t.number("SELECT count(*) FROM operations") == 0)
        let full = try t.number("PRAGMA page_count")
        #expect(full > 2_400)
        var rounds = 0
        while try t.engine.vacuum() > 0 { rounds += 1 }
        #expect(rounds > 2)
        #expect(try t.number("PRAGMA freelist_count") < 1024 + 256)
        #expect(try t.number("PRAGMA page_count") < full - 1_000)
        #expect(try t.miscounted().isEmpty)
    }
}
