import MendProtocol
import MendWire
import Testing

@testable import MendEngine

@Suite("Limits of a queue")
struct QueueLimitTests {
    private let t: TestEngine
    init() throws { t = try TestEngine() }

    @Test("no more than the limit are leased at a time, in one call or in several")
    func concurrency() throws {
        try t.configure { $0.maxConcurrent = .number(2) }
        for _ in 0..<5 { try t.enqueue() }
        let first = try t.take(.mail, max: 5)
        #expect(first.count == 2)
        #expect(try t.take(.mail).isEmpty)
        try t.complete(first[0])
        #expect(try t.take(.mail, max: 5).count == 1)
    }

    @Test("whoever waits is served when a lease ends, however it ends")
    func concurrencyWakes() throws {
        try t.configure { $0.maxConcurrent = .number(1) }
        for _ in 0..<7 { try t.enqueue(policy: .every(600_000)) }
        var leased = try t.takeOne()
        func next(_ end: (Leased) throws -> Void) throws {
            let waiting = t.sendWait(.mail, waitMs: 200_000)
            try t.commit()
            #expect(try t.got(waiting) == nil)
            try end(leased)
            leased = try #require(try t.answer(waiting)?.operations.first)
        }
        try next { try t.complete($0) }
        try next { try t.fail($0) }
        try next { try t.fail($0, .validation) }
        try next { try t.call(Queue.Release(operation: $0.operation, lease: $0.lease)) }
        try next { try t.call(Queue.Cancel(operation: $0.operation)) }
        try next { _ in try t.pass(60_000) }
        try next {
            t.sendReturn(of: [$0])
            try t.commit()
        }
        #expect(try t.counts().leased == 1)
        #expect(try t.miscounted().isEmpty)
    }

    @Test("a higher limit serves those who wait at once")
    func raised() throws {
        try t.configure { $0.maxConcurrent = .number(1) }
        let operations = try (0..<2).map { _ in try t.enqueue() }
        try t.takeOne()
        let waiting = t.sendWait(.mail)
        try t.commit()
        try t.configure { $0.maxConcurrent = .unset }
        #expect(try t.got(waiting) == [operations[1]])
    }

    @Test("a rate lets a burst go, and then one a token")
    func rate() throws {
        try t.configure {
            $0.rate = try? .perSecond(2)
            $0.burst = .number(3)
        }
        for _ in 0..<9 { try t.enqueue() }
        #expect(try t.take(.mail, max: 9).count == 3)
        try t.pass(499)
        #expect(try t.take(.mail).isEmpty)
        try t.pass(1)
        #expect(try t.take(.mail, max: 9).count == 1)
        try t.pass(1_000)
        #expect(try t.take(.mail, max: 9).count == 2)
        try t.pass(60_000)
        #expect(try t.take(.mail, max: 9).count == 3, "it holds no more than its burst")
    }

    @Test("over a long time a rate is kept exactly, whatever its fraction", arguments: [0.7, 3, 130])
    func longRate(rate: Double) throws {
        try t.configure {
            $0.rate = try? .perSecond(rate)
            $0.burst = .number(1)
        }
        for _ in 0..<200 { try t.enqueue() }
        var taken = 0
        let begun = t.now.elapsedMs
        while taken < 100 {
            taken += try t.take(.mail, leaseMs: 3_600_000).count
            try t.pass(1)
        }
        let seconds = Double(t.now.elapsedMs - begun) / 1000
        #expect(abs(seconds - 99 / rate) < 0.1, "\(seconds)")
    }

    @Test("who waits is served when a token comes, by the timer, the first one first")
    func rateWakes() throws {
        try t.configure {
            $0.rate = try? .perSecond(1)
            $0.burst = .number(1)
        }
        let operations = try (0..<3).map { _ in try t.enqueue() }
        try t.takeOne()
        let first = t.sendWait(.mail)
        let second = t.sendWait(.mail)
        try t.commit()
        #expect(t.engine.nextDue == t.now.elapsedMs + 1_000)
        try t.pass(1_000)
        #expect(try t.got(first) == [operations[1]])
        #expect(try t.got(second) == nil)
        #expect(t.engine.nextDue == t.now.elapsedMs + 1_000)
        try t.pass(1_000)
        #expect(try t.got(second) == [operations[2]])
    }

    @Test("a token that is missing sets the timer when something arrives for those who wait, too")
    func rateWakesLater() throws {
        try t.configure {
            $0.rate = try? .perSecond(1)
            $0.burst = .number(1)
        }
        try t.enqueue()
        try t.takeOne()
        let waiting = t.sendWait(.print, .mail)
        try t.commit()
        try t.pass(400)
        let operation = try t.enqueue()
        #expect(try t.got(waiting) == nil)
        try t.pass(599)
        #expect(try t.got(waiting) == nil)
        try t.pass(1)
        #expect(try t.got(waiting) == [operation])
    }

    @Test("a timer that finds the concurrency limit reached does not spin")
    func bothLimits() throws {
        try t.configure {
            $0.rate = try? .perSecond(1)
            $0.burst = .number(1)
            $0.maxConcurrent = .number(1)
        }
        try t.enqueue()
        let operation = try t.enqueue()
        let leased = try t.takeOne()
        let waiting = t.sendWait(.mail)
        try t.commit()
        try t.pass(1_000)
        #expect(try #require(t.engine.nextDue) > t.now.elapsedMs)
        try t.complete(leased)
        #expect(try t.got(waiting) == [operation])
    }

    @Test("a restart and a reboot give no burst again")
    func rateIsDurable() throws {
        try t.configure {
            $0.rate = try? .perSecond(1)
            $0.burst = .number(2)
        }
        for _ in 0..<6 { try t.enqueue() }
        #expect(try t.take(.mail, max: 5).count == 2)
        try t.restart()
        #expect(try t.take(.mail).isEmpty)
        try t.reboot(awayMs: 1_000)
        #expect(try t.take(.mail, max: 5).count == 1)
    }

    @Test("a batch that is rolled back gives its tokens back")
    func rateRolledBack() throws {
        try t.configure {
            $0.rate = try? .perSecond(1)
            $0.burst = .number(1)
        }
        let operation = try t.enqueue()
        try t.failing("UPDATE ON operations", when: "NEW.state = 4")
        #expect(try t.refusal(.lease())?.reason == .internalError)
        try t.failNoMore()
        #expect(try t.take(.mail).map(\.operation) == [operation])
    }

    @Test("a higher rate does not wait out what the lower one owed")
    func rateChanged() throws {
        try t.configure {
            $0.rate = try? .perSecond(0.001)
            $0.burst = .number(1)
        }
        for _ in 0..<3 { try t.enqueue() }
        try t.takeOne()
        let waiting = t.sendWait(.mail)
        try t.commit()
        try t.configure { $0.rate = try? .perSecond(10) }
        try t.pass(100)
        #expect(try t.got(waiting) != nil)
        try t.configure { $0.rate = .unset }
        #expect(try t.take(.mail).count == 1)
    }

    @Test("a paused queue gives no tokens away, and no wake-ups")
    func pausedRate() throws {
        try t.configure { $0.rate = try? .perSecond(1) }
        try t.enqueue()
        try t.enqueue()
        try t.takeOne()
        try t.call(Queue.Pause(queue: .mail), as: .root)
        let waiting = t.sendWait(.mail)
        try t.commit()
        try t.pass(5_000)
        #expect(try t.got(waiting) == nil)
        try t.call(Queue.Resume(queue: .mail), as: .root)
        #expect(try t.got(waiting)?.count == 1)
    }

    @Test("a call that comes later in a batch does not overtake one that waits")
    func noOvertaking() throws {
        let waiting = t.sendWait(.mail)
        try t.commit()
        let operation = t.send(.enqueue())
        let later = t.send(.lease())
        let laterWait = t.sendWait(.mail)
        try t.commit()
        #expect(try t.got(waiting) == [try #require(try t.answer(operation)).operation])
        #expect(try t.answer(later)?.operations.isEmpty == true)
        #expect(try t.got(laterWait) == nil)
    }

    @Test("a call that comes with the token of one that waits does not overtake it")
    func noOvertakingByRate() throws {
        try t.configure {
            $0.rate = try? .perSecond(1)
            $0.burst = .number(1)
        }
        for _ in 0..<3 { try t.enqueue() }
        try t.takeOne()
        let waiting = t.sendWait(.mail)
        try t.commit()
        t.wait(1_000)
        let later = t.send(.lease())
        try t.commit()
        #expect(try t.got(waiting)?.count == 1)
        #expect(try t.answer(later)?.operations.isEmpty == true)
    }

    @Test("a call that fails after it has served those who wait leaves them as they were, to be served once")
    func servedThenFailed() throws {
        var settings = EngineSettings()
        settings.waitersMaxCount = 1
        let t = try TestEngine(settings: settings)
        let first = t.sendWait(.mail)
        try t.commit()
        let operation = t.send(.enqueue())
        // It serves the first, finds nothing for itself, and waits in its place.
        let second = t.sendWait(.mail)
        let third = t.sendWait(.mail)
        try t.commit()
        #expect(try t.got(first) == [try #require(try t.answer(operation)).operation])
        #expect(try t.got(second) == nil)
        #expect(t.refusal(third)?.reason == .unavailable)
        #expect(try t.counts().leased == 1)
    }
}
