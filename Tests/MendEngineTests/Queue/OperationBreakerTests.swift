import MendProtocol
import MendWire
import Testing

@testable import MendEngine

@Suite("An operation with a breaker of its own")
struct OperationBreakerTests {
    private let t: TestEngine
    init() throws {
        t = try TestEngine()
        try t.configureBreaker()
    }

    @discardableResult
    private func enqueue(
        _ breaker: Name? = .billing, queue: Name = .mail, priority: Int64? = nil, lane: String? = nil,
        expiresMs: Int64? = nil
    ) throws -> Int64 {
        var call = Queue.Enqueue.enqueue(queue, priority: priority, lane: lane)
        call.breaker = breaker
        call.expiresMs = expiresMs.map(PositiveMilliseconds.init(unchecked:))
        return try t.call(call).operation
    }

    private func states(_ operations: [Int64]) throws -> [OperationState] { try operations.map { try t.state($0) } }

    @Test("it is parked while that is open, and others of its queue pass")
    func parks() throws {
        let before = try enqueue()
        let other = try enqueue(nil)
        try t.open()
        let after = try enqueue()
        #expect(try states([before, other, after]) == [.parked, .ready, .parked])
        #expect(try t.counts().parked == 2)
        #expect(try t.take(.mail, max: 9).map(\.operation) == [other])
        #expect(try t.info(operation: before).attempt == 0)
        #expect(try t.miscounted().isEmpty)
    }

    @Test("when its breaker tries again, the most urgent one passes, and when it closes all")
    func drains() throws {
        let operations = try (0..<4).map { _ in try enqueue() }
        let urgent = try enqueue(priority: 1)
        try t.open()
        #expect(try t.counts().parked == 5)
        try t.pass(1_000)
        let first = try t.take(.mail, max: 9)
        #expect(first.map(\.operation) == [urgent])
        #expect(try t.counts().parked == 4)
        try t.complete(first[0])
        try t.settle()
        let second = try t.take(.mail, max: 9)
        #expect(second.map(\.operation) == [operations[0]])
        try t.complete(second[0])
        try t.settle()
        #expect(try t.breaker().state == .closed)
        #expect(try t.take(.mail, max: 9).map(\.operation) == Array(operations[1...]))
        #expect(try t.miscounted().isEmpty)
    }

    @Test("more than one commit parks and lets go at a time follow in the next ones")
    func bounded() throws {
        for _ in 0..<600 { t.send(Queue.Enqueue.enqueue(breaker: .billing)) }
        try t.commit()
        try t.open()
        #expect(try t.counts().parked < 600)
        try t.settle()
        #expect(try t.counts().parked == 600)
        try t.reset()
        #expect(try t.counts().ready < 600)
        try t.settle()
        #expect(try t.counts().ready == 600)
    }

    @Test("a lease finds those that may pass behind those that may not")
    func passesOver() throws {
        for _ in 0..<100 { t.send(Queue.Enqueue.enqueue(breaker: .billing)) }
        try t.commit()
        let last = try enqueue(nil)
        // Nobody has told the writer yet.
        let permit = try #require(try t.acquire().permit)
        _ = try t.engine.breakers.record(
            permit: permit, outcome: .failure, counts: true, uid: 1001, isOperator: false, now: t.now)
        let waiting = t.sendWait(.mail)
        try t.commit()
        try t.settle()
        #expect(try t.got(waiting) == [last])
        #expect(try t.miscounted().isEmpty)
    }

    @Test("whoever waits is served when its breaker closes or tries again")
    func wakes() throws {
        let operations = try (0..<3).map { _ in try enqueue() }
        try t.open()
        let first = t.sendWait(.mail)
        let second = t.sendWait(.mail)
        try t.commit()
        try t.pass(1_000)
        #expect(try t.got(first) == [operations[0]])
        #expect(try t.got(second) == nil)
        try t.reset()
        #expect(try t.got(second) == [operations[1]])
    }

    @Test("both breakers, its own and its queue's, must let it pass, and both learn how it ended")
    func both() throws {
        try t.tie(.mail, to: .paper)
        let operation = try enqueue()
        try enqueue()
        try t.open(.paper)
        #expect(try t.take(.mail).isEmpty)
        try t.reset(.paper)
        try t.open(.billing)
        #expect(try t.take(.mail).isEmpty)
        #expect(try t.breaker(.paper).permits == 0)
        try t.reset(.billing)
        let leased = try t.takeOne()
        #expect(leased.operation == operation)
        #expect(try t.breaker(.paper).permits == 1)
        #expect(try t.breaker(.billing).permits == 1)
        try t.fail(leased, .dependency)
        #expect(try t.breaker(.paper).state == .open)
        #expect(try t.breaker(.billing).state == .open)
    }

    @Test("one whose own breaker is its queue's asks it once")
    func same() throws {
        try t.tie()
        try enqueue()
        try t.takeOne()
        #expect(try t.breaker().permits == 1)
    }

    @Test("a delayed one whose time comes is parked, and a lane waits for its parked head")
    func delayed() throws {
        var call = Queue.Enqueue.enqueue(delayMs: 500, lane: "a")
        call.breaker = .billing
        let head = try t.call(call).operation
        let behind = try enqueue(nil, lane: "a")
        try t.force()
        try t.pass(500)
        #expect(try states([head, behind]) == [.parked, .scheduled])
        try t.reset()
        #expect(try t.takeOne().operation == head)
        #expect(try t.miscounted().isEmpty)
    }

    @Test("one that fails as its breaker opens is parked at its next attempt")
    func retried() throws {
        var call = Queue.Enqueue.enqueue(policy: .every(500))
        call.breaker = .billing
        let operation = try t.call(call).operation
        try t.fail(try t.takeOne(), .dependency)
        #expect(try t.state(operation) == .scheduled)
        try t.pass(500)
        #expect(try t.state(operation) == .parked)
        try t.pass(500)
        #expect(try t.takeOne().attempt == 2)
    }

    @Test("a parked one expires, is cancelled and purged as others are")
    func ends() throws {
        try t.force()
        let expiring = try enqueue(expiresMs: 5_000)
        let cancelled = try enqueue()
        let purged = try enqueue()
        try t.call(Queue.Cancel(operation: cancelled))
        try t.pass(5_000)
        #expect(try states([expiring, cancelled, purged]) == [.expired, .cancelled, .parked])
        let purge = Queue.Purge(queue: .mail, states: [.parked])
        #expect(try t.call(purge, as: .root) == Queue.Purge.Answer(purged: 1, remaining: 0, next: nil))
        #expect(try t.miscounted().isEmpty)
    }

    @Test("parked ones survive a restart and a reboot, and go when their breaker tries again")
    func restarts() throws {
        let operations = try (0..<2).map { _ in try enqueue() }
        try t.open()
        try t.restart()
        try t.commit()
        #expect(try states(operations) == [.parked, .parked])
        try t.reboot(awayMs: 5_000)
        try t.commit()
        #expect(try t.takeOne().operation == operations[0])
        #expect(try t.counts().parked == 1)
    }

    @Test("where its breaker is deleted, it goes, and whoever waits is served")
    func deleted() throws {
        let operation = try enqueue()
        try t.open()
        let waiting = t.sendWait(.mail)
        try t.commit()
        try t.call(Breaker.Delete(breaker: .billing), as: .root)
        #expect(try t.got(waiting) == [operation])
    }

    @Test("explain says which breaker it waits for")
    func explained() throws {
        let operation = try enqueue()
        try t.open()
        let explain = System.Explain(.operation(operation))
        let why = try t.read(explain)
        #expect(why.state == "parked")
        #expect(why.why.contains("its breaker billing is open"))
        #expect(why.next?.at == (try t.breaker().retryAt))
        #expect(try t.info(operation: operation).breaker == .billing)
    }
}
