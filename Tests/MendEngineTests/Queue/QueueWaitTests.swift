import MendProtocol
import MendWire
import Testing

@testable import MendEngine

@Suite("Waiting for an operation")
struct QueueWaitTests {
    private let t: TestEngine
    init() throws { t = try TestEngine() }

    @Test("a call that need not wait is answered at once")
    func ready() throws {
        let operation = try t.enqueue()
        let waiting = t.sendWait(.mail)
        try t.commit()
        #expect(try t.got(waiting) == [operation])
    }

    @Test("a wait of nothing is answered at once, empty")
    func noWait() throws {
        #expect(try t.call(.lease(waitMs: 0)).operations.isEmpty)
    }

    @Test("a waiting call gets what arrives later in its batch")
    func sameBatch() throws {
        let waiting = t.sendWait(.mail)
        let enqueued = t.send(.enqueue())
        try t.commit()
        #expect(try t.got(waiting) == [try #require(try t.answer(enqueued)).operation])
    }

    @Test("a waiting call gets what arrives in a later batch, leased from then on")
    func laterBatch() throws {
        let waiting = t.sendWait(.mail)
        try t.commit()
        #expect(try t.got(waiting) == nil)
        try t.pass(3_000)
        #expect(try t.got(waiting) == nil)
        let operation = try t.enqueue(.mail, "[1]")
        let leased = try #require(try t.answer(waiting)?.operations.first)
        #expect(leased.operation == operation)
        #expect(leased.payload == "[1]")
        #expect(leased.leaseUntilAt == t.now.wallMs + 60_000)
        #expect(try t.complete(leased) == .done)
    }

    @Test("a wait ends at its deadline with an empty list, and gets nothing afterwards")
    func deadline() throws {
        let waiting = t.sendWait(.mail, waitMs: 2_000)
        try t.commit()
        try t.pass(1_999)
        #expect(try t.got(waiting) == nil)
        try t.pass(1)
        #expect(try t.got(waiting) == [])
        let operation = try t.enqueue()
        #expect(try t.state(operation) == .ready)
    }

    @Test("the timer is set for the end of a wait")
    func timer() throws {
        try t.commit()
        _ = t.sendWait(.mail, waitMs: 700)
        try t.commit()
        #expect(t.engine.nextDue == t.now.elapsedMs + 700)
    }

    @Test("whoever waits longest is served first")
    func firstCome() throws {
        let waiting = try (0..<4).map { _ in
            let sent = t.sendWait(.mail)
            try t.commit()
            return sent
        }
        for (index, sent) in waiting.enumerated() {
            let operation = try t.enqueue()
            #expect(try t.got(sent) == [operation])
            for later in waiting[(index + 1)...] { #expect(try t.got(later) == nil) }
        }
    }

    @Test("calls that come with what arrives, on one queue or several, are served after all that waited before them")
    func firstComeFirstServed() throws {
        let early = [t.sendWait(.mail, .print), t.sendWait(.print), t.sendWait(.mail)]
        try t.commit()
        let first = t.send(.enqueue(.print))
        let overtaking = t.send(.lease([.print, .mail], max: 9))
        let second = t.send(.enqueue(.print))
        let waiting = t.sendWait(.print)
        let third = t.send(.enqueue(.mail))
        let fourth = t.send(.enqueue(.print))
        try t.commit()
        let operations = try [first, second, third, fourth].map { try #require(try t.answer($0)).operation }
        #expect(try t.got(early[0]) == [operations[0]])
        #expect(try t.answer(overtaking)?.operations.isEmpty == true)
        #expect(try t.got(early[1]) == [operations[1]])
        #expect(try t.got(early[2]) == [operations[2]])
        #expect(try t.got(waiting) == [operations[3]])
    }

    @Test("several that arrive together go round among those who wait")
    func together() throws {
        let greedy = t.sendWait(.mail, max: 2)
        let second = t.sendWait(.mail)
        let third = t.sendWait(.mail)
        try t.commit()
        let sent = (0..<3).map { _ in t.send(.enqueue()) }
        try t.commit()
        let ids = try sent.map { try #require(try t.answer($0)).operation }
        #expect(try t.got(greedy) == [ids[0], ids[1]])
        #expect(try t.got(second) == [ids[2]])
        #expect(try t.got(third) == nil)
    }

    @Test("a call that waits on several queues is served by any of them, once")
    func severalQueues() throws {
        let both = t.sendWait(.mail, .print)
        let print = t.sendWait(.print)
        try t.commit()
        let first = try t.enqueue(.print)
        #expect(try t.got(both) == [first])
        let onMail = try t.enqueue(.mail)
        #expect(try t.state(onMail) == .ready, "nobody waits there any more")
        let second = try t.enqueue(.print)
        #expect(try t.got(print) == [second])
    }

    @Test("what becomes ready by itself is handed out as well: a delay, a retry, a lease that ended")
    func timers() throws {
        let operation = try t.enqueue(delayMs: 1_000, policy: .every(500))
        let first = t.sendWait(.mail)
        try t.commit()
        try t.pass(1_000)
        let leased = try #require(try t.answer(first)?.operations.first)
        #expect(leased.operation == operation)
        let second = t.sendWait(.mail, max: 1)
        try t.fail(leased)
        try t.pass(500)
        #expect(try t.got(second) == [operation])
        let third = t.sendWait(.mail, waitMs: 90_000)
        try t.commit()
        try t.pass(60_000)
        #expect(try t.got(third) == [operation])
    }

    @Test("what is given back is handed out as well: released, returned, replayed")
    func givenBack() throws {
        let operation = try t.enqueue()
        var leased = try t.takeOne()
        let first = t.sendWait(.mail)
        t.send(Queue.Release(operation: operation, lease: leased.lease))
        try t.commit()
        leased = try #require(try t.answer(first)?.operations.first)
        let second = t.sendWait(.mail)
        t.sendReturn(of: [leased])
        try t.commit()
        leased = try #require(try t.answer(second)?.operations.first)
        let third = t.sendWait(.mail)
        t.send(.fail(leased, .validation))
        t.send(Queue.Replay(operation: operation))
        try t.commit()
        #expect(try t.got(third) == [operation])
    }

    @Test("a wait that was ended gets nothing")
    func endWait() throws {
        let gone = t.sendWait(.mail)
        let stays = t.sendWait(.mail)
        try t.commit()
        t.sendEndWait(of: gone)
        try t.commit()
        let operation = try t.enqueue()
        #expect(try t.got(gone) == nil)
        #expect(try t.got(stays) == [operation])
        try t.pass(600_000)
        #expect(try t.got(gone) == nil)
    }

    @Test("leases whose answer could not be sent go back without spending the attempt, unless they have ended")
    func returned() throws {
        for _ in 0..<3 { try t.enqueue(maxAttempts: 1) }
        let leased = try t.take(.mail, max: 3)
        try t.complete(leased[1])
        t.sendReturn(of: leased)
        try t.commit()
        #expect(try t.state(leased[1].operation) == .done)
        let again = try t.take(.mail, max: 3)
        #expect(again.map(\.operation) == [leased[0].operation, leased[2].operation])
        #expect(again.map(\.attempt) == [1, 1])
        t.sendReturn(of: leased)
        try t.commit()
        #expect(try t.take(.mail).isEmpty, "they are in other hands by now")
    }

    @Test("queues on which something arrived together are served in the order of their names, on every run")
    func order() throws {
        let names = (0..<8).map { Name(unchecked: "queue-\($0)") }
        let waiting = names.reversed().map { t.sendWait($0) }
        try t.commit()
        for name in names.reversed() { t.send(.enqueue(name)) }
        try t.commit()
        let leased = try waiting.map { try #require(try t.answer($0)?.operations.first) }
        #expect(leased.sorted { $0.lease < $1.lease }.map(\.queue) == names)
    }

    @Test("there is a limit to how many wait")
    func tooMany() throws {
        var settings = EngineSettings()
        settings.waitersMaxCount = 1
        let t = try TestEngine(settings: settings)
        let waiting = t.sendWait(.mail, waitMs: 1_000)
        let refused = t.sendWait(.mail)
        try t.commit()
        #expect(t.refusal(refused)?.reason == .unavailable)
        try t.pass(1_000)
        #expect(try t.got(waiting) == [])
        let next = t.sendWait(.mail)
        let operation = try t.enqueue()
        #expect(try t.got(next) == [operation])
    }

    @Test("a paused queue hands out nothing, and wakes those who wait when it is resumed")
    func paused() throws {
        let operation = try t.enqueue()
        #expect(try t.call(Queue.Pause(queue: .mail), as: .root) == Queue.PausedAnswer(queue: .mail, paused: true))
        #expect(try t.take(.mail).isEmpty)
        let waiting = t.sendWait(.mail)
        try t.commit()
        let second = try t.enqueue()
        #expect(try t.got(waiting) == nil)
        #expect(try t.read(Queue.Stats(queue: .mail)).queues.map(\.paused) == [true])
        try t.restart()
        #expect(try t.take(.mail).isEmpty, "it stays paused over a restart")
        let again = t.sendWait(.mail, max: 5)
        try t.commit()
        try t.call(Queue.Resume(queue: .mail), as: .root)
        #expect(try t.got(again) == [operation, second])
        #expect(try t.read(Queue.Stats(queue: .mail)).queues.map(\.paused) == [false])
    }

    @Test("a leased operation of a paused queue can be ended; other queues go on")
    func pausedEnds() throws {
        try t.enqueue()
        let other = try t.enqueue(.print)
        let leased = try t.takeOne()
        try t.call(Queue.Pause(queue: .mail), as: .root)
        #expect(try t.complete(leased) == .done)
        #expect(try t.take(.mail, .print).map(\.operation) == [other])
    }

    @Test("a queue that is not there can be neither paused nor resumed")
    func pauseMissing() throws {
        #expect(try t.refusal(Queue.Pause(queue: .nowhere), as: .root)?.reason == .notFound)
        #expect(try t.refusal(Queue.Resume(queue: .nowhere), as: .root)?.reason == .notFound)
    }
}
