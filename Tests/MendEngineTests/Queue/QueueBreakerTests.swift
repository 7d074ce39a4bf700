import MendProtocol
import MendWire
import Testing

@testable import MendEngine

@Suite("A queue that is tied to a breaker")
struct QueueBreakerTests {
    private let t: TestEngine
    init() throws { t = try TestEngine() }

    @Test("while its breaker is open, its operations park without spending attempts")
    func parks() throws {
        try t.tie()
        let operation = try t.enqueue()
        try t.open()
        #expect(try t.take(.mail).isEmpty)
        let info = try t.info(operation: operation)
        #expect(info.state == .parked)
        #expect(info.breaker == .billing)
        #expect(info.attempt == 0)
        try t.reset()
        #expect(try t.takeOne().attempt == 1)
        #expect(try t.miscounted().isEmpty)
    }

    @Test("a breaker that an operator holds open parks, one that is disabled lets pass")
    func forced() throws {
        try t.tie()
        try t.enqueue()
        try t.force()
        try t.pass(3_600_000)
        #expect(try t.take(.mail).isEmpty)
        try t.force(.billing, .disabled)
        #expect(try t.take(.mail).count == 1)
    }

    @Test("a dry run of a lease leaves the breaker as it is")
    func dryRun() throws {
        try t.tie()
        try t.enqueue()
        try t.open()
        try t.pass(5_000)
        let before = try t.kinds(ofBreaker: .billing)
        let answer = try t.call(.lease(), meta: Meta(dryRun: true))
        #expect(answer.operations.count == 1)
        try t.persistBreakers()
        #expect(try t.breaker().state == .open)
        #expect(try t.kinds(ofBreaker: .billing) == before)
        try t.takeOne()
        #expect(try t.breaker().state == .halfOpen)
    }

    @Test("a breaker in shadow parks nothing")
    func shadow() throws {
        try t.tie()
        var shadow = Breaker.Configure(breaker: .billing)
        shadow.shadow = .to(true)
        try t.call(shadow, as: .root)
        let operation = try t.enqueue()
        try t.open()
        #expect(try t.breaker().state == .open)
        #expect(try t.state(operation) == .ready)
        #expect(try t.takeOne().operation == operation)
    }

    @Test("get, list, wait, stats, status, explain and the followers' snapshot say that they are parked")
    func shown() throws {
        try t.tie()
        let parked = try t.enqueue()
        let elsewhere = try t.enqueue(.print)
        let later = try t.enqueue(delayMs: 60_000)
        try t.open()
        #expect(try t.state(parked) == .parked)
        #expect(try t.call(Queue.Wait(operation: parked, waitMs: Milliseconds(unchecked: 0))).state == .parked)
        func list(_ state: OperationState) throws -> [Int64] {
            try t.read(Queue.List(state: state)).operations.map(\.operation)
        }
        #expect(try list(.parked) == [parked])
        #expect(try list(.ready) == [elsewhere])
        #expect(try list(.scheduled) == [later])
        let counts = try t.counts()
        #expect([counts.ready, counts.parked, counts.scheduled] == [0, 1, 1])
        let status = try t.read(System.Status()).operations
        #expect([status.ready, status.parked] == [1, 1])
        let snapshot = try t.read(Events.Follow()).snapshot
        #expect(snapshot.operations.parked == 1)
        var explain = System.Explain(.operation(parked))
        let why = try t.read(explain)
        #expect(why.state == "parked")
        #expect(why.why.contains("its queue's breaker billing is open"))
        #expect(why.next?.at == (try t.breaker().retryAt))
        explain = System.Explain(.queue(.mail))
        let queue = try t.read(explain)
        #expect(queue.state == "parked")
        #expect(queue.why.contains("its breaker billing is open"))
        try t.reset()
        #expect(try list(.ready) == [parked, elsewhere])
        #expect(try t.counts().parked == 0)
    }

    @Test("no row is written when the breaker of a queue opens or closes")
    func virtual() throws {
        try t.tie()
        for _ in 0..<3 { try t.enqueue() }
        try t.failing("UPDATE ON operations", when: "1")
        try t.open()
        #expect(try t.counts().parked == 3)
        try t.reset()
        #expect(try t.counts().ready == 3)
    }

    @Test("when it is half-open they drain slowly: no more at a time than half_open_permits")
    func drains() throws {
        try t.tie()
        try t.configureBreaker(halfOpenPermits: 2, successes: 5)
        for _ in 0..<9 { try t.enqueue() }
        try t.open()
        try t.pass(1_000)
        let first = try t.take(.mail, max: 9)
        #expect(first.count == 2)
        #expect(try t.breaker().state == .halfOpen)
        #expect(try t.take(.mail).isEmpty)
        try t.complete(first[0])
        #expect(try t.take(.mail, max: 9).count == 1)
        #expect(try t.breaker().state == .halfOpen)
    }

    @Test("completed operations close it, and then all are ready again")
    func closes() throws {
        try t.tie()
        for _ in 0..<5 { try t.enqueue() }
        try t.open()
        try t.pass(1_000)
        for _ in 0..<2 { try t.complete(try t.takeOne()) }
        #expect(try t.breaker().state == .closed)
        #expect(try t.take(.mail, max: 9).count == 3)
    }

    @Test("a failure opens it by its category")
    func failure() throws {
        try t.tie()
        for _ in 0..<3 { try t.enqueue() }
        try t.fail(try t.takeOne(), .validation)
        #expect(try t.breaker().state == .closed)
        try t.fail(try t.takeOne(), .dependency)
        #expect(try t.breaker().state == .open)
        #expect(try t.take(.mail).isEmpty)
    }

    @Test("a lease that is lost, released, snoozed or cancelled gives its place back and says nothing")
    func abandoned() throws {
        try t.tie()
        for _ in 0..<6 { try t.enqueue() }
        try t.open()
        try t.pass(1_000)
        func ends(_ end: (Leased) throws -> Void) throws {
            let leased = try t.takeOne()
            #expect(try t.take(.mail).isEmpty)
            try end(leased)
            #expect(try t.breaker().state == .halfOpen)
            #expect(try t.breaker().permits == 0)
        }
        try ends { _ in try t.pass(60_000) }
        try ends { try t.call(Queue.Release(operation: $0.operation, lease: $0.lease)) }
        try ends { leased in
            let later = Milliseconds(unchecked: 600_000)
            try t.call(Queue.Snooze(operation: leased.operation, lease: leased.lease, delayMs: later))
        }
        try ends { try t.call(Queue.Cancel(operation: $0.operation)) }
        try ends {
            t.sendReturn(of: [$0])
            try t.commit()
        }
        let owner = TestEngine.connection()
        try t.takeOne(owner: owner)
        try t.end(owner)
        #expect(try t.breaker().permits == 0)
    }

    @Test("an operation that takes longer than permit_ms keeps its place, and its end counts")
    func longer() throws {
        try t.tie()
        for _ in 0..<3 { try t.enqueue() }
        try t.open()
        try t.pass(1_000)
        for state in [BreakerState.halfOpen, .closed] {
            let leased = try t.takeOne(leaseMs: 600_000)
            try t.pass(120_000)
            #expect(try t.take(.mail).isEmpty)
            try t.complete(leased)
            #expect(try t.breaker().state == state)
        }
    }

    @Test("what was leased before it opened says nothing about the time after")
    func earlier() throws {
        try t.tie()
        for _ in 0..<3 { try t.enqueue() }
        let before = try t.take(.mail, max: 2, leaseMs: 600_000)
        try t.open()
        try t.pass(1_000)
        try t.takeOne()
        try t.complete(before[0])
        try t.fail(before[1], .dependency)
        #expect(try t.breaker().state == .halfOpen)
    }

    // MARK: Those who wait

    @Test("whoever waits is served when the breaker tries again, by the timer")
    func wakesAtRetry() throws {
        try t.tie()
        let operations = try (0..<2).map { _ in try t.enqueue() }
        try t.open()
        let first = t.sendWait(.mail)
        let second = t.sendWait(.mail)
        try t.commit()
        #expect(try t.got(first) == nil)
        let retryAt = try #require(try t.breaker().retryAt)
        #expect(t.engine.nextDue == retryAt - t.now.wallMs + t.now.elapsedMs)
        try t.pass(1_000)
        #expect(try t.got(first) == [operations[0]])
        #expect(try t.got(second) == nil)
    }

    @Test("whoever waits is served when an operation that tried has ended")
    func wakesAtEnd() throws {
        try t.tie()
        let operations = try (0..<2).map { _ in try t.enqueue() }
        try t.open()
        try t.pass(1_000)
        let leased = try t.takeOne()
        let waiting = t.sendWait(.mail)
        try t.commit()
        #expect(try t.got(waiting) == nil)
        try t.complete(leased)
        try t.settle()
        #expect(try t.got(waiting) == [operations[1]])
    }

    @Test("whoever waits is served when a call beside the queue gives its permit back or closes the breaker")
    func wakesAtRecord() throws {
        try t.tie()
        let operations = try (0..<2).map { _ in try t.enqueue() }
        try t.open()
        try t.pass(1_000)
        for operation in operations {
            let permit = try t.acquire().permit
            let waiting = t.sendWait(.mail)
            try t.commit()
            #expect(try t.got(waiting) == nil)
            try t.record(permit, .ignored)
            #expect(try t.got(waiting) == [operation])
            try t.call(Queue.Cancel(operation: operation))
            try t.settle()
        }
        let last = try t.enqueue()
        try t.record(try t.acquire().permit, .success)
        let permit = try t.acquire().permit
        let waiting = t.sendWait(.mail)
        try t.commit()
        try t.record(permit, .success)
        #expect(try t.breaker().state == .closed)
        #expect(try t.got(waiting) == [last])
    }

    @Test("whoever waits is served when an operator resets the breaker, or unties the queue")
    func wakesAtReset() throws {
        try t.tie()
        let operations = try (0..<2).map { _ in try t.enqueue() }
        try t.force()
        let first = t.sendWait(.mail)
        try t.commit()
        try t.reset()
        #expect(try t.got(first) == [operations[0]])
        try t.force()
        let second = t.sendWait(.mail)
        try t.commit()
        #expect(try t.got(second) == nil)
        try t.configure { $0.breaker = .unset }
        #expect(try t.got(second) == [operations[1]])
        #expect(try t.settings().breaker == nil)
    }

    @Test("a breaker that refuses sets no timer that spins")
    func doesNotSpin() throws {
        try t.tie()
        for _ in 0..<3 { try t.enqueue() }
        try t.open()
        _ = t.sendWait(.mail, waitMs: 600_000)
        try t.commit()
        try t.pass(1_000)
        try t.settle()
        #expect(try #require(t.engine.nextDue) > t.now.elapsedMs)
        try t.force()
        try t.settle()
        #expect(try #require(t.engine.nextDue) > t.now.elapsedMs)
    }

    // MARK: Workers that ask the breaker themselves

    @Test("a worker that asks the breaker itself gets the permit of its own operation, and counts once")
    func handedOver() throws {
        try t.tie()
        for _ in 0..<3 { try t.enqueue() }
        try t.open()
        try t.pass(1_000)
        let leased = try t.takeOne()
        #expect(try t.acquire(as: .bob).granted == false)
        let own = try t.acquire(as: .ada)
        #expect(own.granted)
        #expect(try t.acquire(as: .ada).granted == false)
        #expect(try t.breaker().denied == 2)
        try t.record(own.permit, .success, as: .ada)
        try t.complete(leased)
        #expect(try t.breaker().state == .halfOpen, "one of two successes")
        try t.complete(try t.takeOne())
        #expect(try t.breaker().state == .closed)
    }

    @Test("the permit of an operation that was leased before the breaker opened is not handed over")
    func notHandedOver() throws {
        try t.tie()
        for _ in 0..<2 { try t.enqueue() }
        try t.takeOne()
        try t.open()
        #expect(try t.acquire(as: .ada).granted == false)
        try t.pass(1_000)
        #expect(try t.acquire(as: .bob).granted)
        #expect(try t.acquire(as: .ada).granted == false)
    }

    // MARK: What goes wrong

    @Test("a call that is taken back gives its permit back, and says nothing to the breaker")
    func takenBack() throws {
        try t.tie()
        for _ in 0..<2 { try t.enqueue() }
        try t.open()
        try t.pass(1_000)
        try t.failing("UPDATE ON operations", when: "NEW.state IN (4, 5)")
        #expect(try t.refusal(.lease())?.reason == .internalError)
        #expect(try t.breaker().permits == 0)
        try t.failNoMore()
        let leased = try t.takeOne()
        var meta = Meta()
        meta.dryRun = true
        try t.call(Queue.Complete(operation: leased.operation, lease: leased.lease), meta: meta)
        try t.failing("UPDATE ON operations", when: "NEW.state IN (4, 5)")
        #expect(try t.refusal(Queue.Complete(operation: leased.operation, lease: leased.lease)) != nil)
        try t.failNoMore()
        #expect(try t.breaker().permits == 1)
        try t.complete(leased)
        try t.complete(try t.takeOne())
        #expect(try t.breaker().state == .closed)
    }

    @Test("parking survives a restart: the breaker is still open, and those who come to wait are served in its time")
    func restarts() throws {
        try t.tie()
        let operation = try t.enqueue()
        try t.open()
        try t.restart()
        #expect(try t.state(operation) == .parked)
        #expect(try t.take(.mail).isEmpty)
        let waiting = t.sendWait(.mail)
        try t.commit()
        try t.pass(1_000)
        #expect(try t.got(waiting) == [operation])
    }

    @Test("what operations did to a breaker is written down without anybody else asking for it")
    func durable() throws {
        try t.tie()
        try t.enqueue()
        try t.fail(try t.takeOne(), .dependency)
        try t.settle()
        try t.restart()
        #expect(try t.breaker().state == .open)
    }

    @Test("an undo is delayed visibly, and goes when the breaker lets it pass")
    func undo() throws {
        try t.tie(.undos)
        let transaction = try t.begin()
        try t.step(transaction)
        try t.open()
        try t.rollback(transaction)
        #expect(try t.take(.undos).isEmpty)
        let undo = try #require(try t.read(Queue.List(queue: .undos)).operations.first)
        #expect(undo.state == .parked)
        let explain = System.Explain(.transaction(transaction))
        #expect(try t.read(explain).why.contains { $0.hasSuffix("its queue's breaker billing is open") })
        try t.pass(1_000)
        try t.undo()
        #expect(try t.state(ofTransaction: transaction) == .rolledBack)
    }

    @Test("that a queue is parked, and that it goes on, is told once, also over a restart")
    func told() throws {
        try t.tie()
        for _ in 0..<4 { try t.enqueue() }
        try t.open()
        try t.restart()
        try t.pass(1_000)
        for _ in 0..<2 { try t.complete(try t.takeOne()) }
        try t.settle()
        let kinds = try t.kinds().filter { $0 == .queueParked || $0 == .queueUnparked }
        #expect(kinds == [.queueParked, .queueUnparked])
    }

    @Test("purge of parked operations takes what is shown as parked")
    func purge() throws {
        try t.tie()
        try t.enqueue()
        try t.open()
        var purge = Queue.Purge(queue: .mail, states: [.ready])
        #expect(try t.call(purge, as: .root).purged == 0)
        purge.states = [.parked]
        #expect(try t.call(purge, as: .root).purged == 1)
        #expect(try t.miscounted().isEmpty)
    }
}
