import MendProtocol
import Testing

@testable import MendEngine

@Suite("system.explain of operations in lanes, behind limits and near their end")
struct ExplainOperationTests {
    let t: TestEngine

    init() throws { t = try TestEngine() }

    private func explain(_ operation: Int64) throws -> System.Explain.Answer {
        try t.read(System.Explain(.operation(operation)))
    }

    // MARK: Lanes

    @Test("what stands behind its lane's head says behind whom, and promises no attempt")
    func behindLeased() throws {
        let head = try t.enqueue(lane: "order-7")
        let (second, third) = (try t.enqueue(lane: "order-7"), try t.enqueue(lane: "order-7"))
        try t.takeOne()
        #expect(
            try explain(second).why == ["it stands behind operation \(head) in its lane order-7: that one is leased"])
        #expect(try explain(third).why.last == "1 operation of its lane between them")
        #expect(
            try explain(third).next
                == .init(what: "operation \(head) comes to its end, and the next one of the lane goes"))
        #expect(try explain(third).see == [.queue(.mail), .operation(head)])
        #expect(try explain(third).hint == nil)
    }

    @Test("what stands behind a head that sleeps says so, and what waits for its own time as well says both")
    func behindSnoozed() throws {
        let head = try t.enqueue(lane: "order-7")
        let second = try t.enqueue(lane: "order-7")
        let later = try t.enqueue(delayMs: 9000, lane: "order-7")
        let leased = try t.takeOne()
        try t.call(Queue.Snooze(operation: head, lease: leased.lease, delayMs: .init(unchecked: 5000)))
        let behind = "it stands behind operation \(head) in its lane order-7: that one is scheduled"
        #expect(try explain(second).why == [behind])
        #expect(try explain(later).why.prefix(2) == ["it was asked for later", behind])
    }

    @Test("what stands behind a dead letter that blocks its lane says so, and how the lane goes on")
    func behindDead() throws {
        let head = try t.enqueue(lane: "order-7", onDead: .block)
        let second = try t.enqueue(lane: "order-7")
        try t.fail(try t.takeOne(), .validation)
        let said = try explain(second)
        #expect(said.why == ["it stands behind operation \(head) in its lane order-7: that one is dead, and blocks it"])
        #expect(said.next?.what == "operation \(head) is forgotten, and the next one of the lane goes")
        #expect(
            said.hint
                == "queue.replay gives operation \(head) all its attempts again; queue.cancel gives it up, and its lane goes on"
        )
        #expect(try explain(head).why.contains("it blocks its lane order-7, with 1 operation behind it"))
        #expect(try explain(head).hint?.contains("queue.cancel gives it up, and its lane goes on") == true)
    }

    @Test("a replayed one that waits in its lane tells of no attempt 0 that failed")
    func replayedInLane() throws {
        let dead = try t.enqueue(lane: "order-7")
        try t.fail(try t.takeOne(), .validation)
        let head = try t.enqueue(lane: "order-7")
        try t.call(Queue.Replay(operation: dead))
        #expect(
            try explain(dead).why == [
                "it was put back with all its attempts; the last one before that failed with error 1 (validation): "
                    + "it did not work",
                "it stands behind operation \(head) in its lane order-7: that one is ready",
            ])
    }

    // MARK: Limits

    @Test("a ready one says that its queue's rate is used up, and when the next one goes")
    func rate() throws {
        try t.configure {
            $0.rate = try? .perSecond(2)
            $0.burst = .number(1)
        }
        try t.enqueue()
        let second = try t.enqueue()
        try t.takeOne()
        let said = try explain(second)
        #expect(
            said.why == [
                "its queue waits: its rate of 2 a second is used up for now", "it is the next one of its queue",
            ])
        #expect(said.next == .init(at: t.now.wallMs + 500, what: "its rate lets the next operation go"))
        t.wait(500)
        #expect(try explain(second).why == ["it is the next one of its queue, and nobody has asked for it"])
    }

    @Test("a ready one says that as many of its queue are leased as may be")
    func concurrency() throws {
        try t.configure { $0.maxConcurrent = .number(1) }
        try t.enqueue()
        let second = try t.enqueue()
        try t.takeOne()
        let said = try explain(second)
        #expect(said.why.first == "its queue has 1 operation leased, as many as max_concurrent allows")
        #expect(said.next == .init(what: "a lease of its operations ends, and the next one may go"))
    }

    @Test("a ready one says that the half-open permit of its queue's breaker is out")
    func halfOpen() throws {
        try t.tie()
        let first = try t.enqueue()
        let second = try t.enqueue()
        try t.open()
        t.wait(2000)
        #expect(try t.takeOne().operation == first)
        let said = try explain(second)
        #expect(said.why.first == "its queue's breaker billing is half_open: as many calls as may try are under way")
        #expect(said.why.last == "it is the next one of its queue")
        #expect(
            said.next == .init(what: "a call that its breaker has let through ends, and the next operation may go"))
    }

    @Test("a breaker in shadow keeps nothing back, and is not named for it")
    func shadow() throws {
        try t.tie()
        var settings = Breaker.Configure(breaker: .billing)
        settings.shadow = .to(true)
        try t.call(settings, as: .root)
        let operation = try t.enqueue()
        try t.open()
        #expect(try explain(operation).why == ["it is the next one of its queue, and nobody has asked for it"])
    }

    // MARK: The end

    @Test("a leased one that expires before its lease ends says that it expires")
    func expires() throws {
        var call = Queue.Enqueue(queue: .mail, payload: "null")
        call.expiresMs = .init(unchecked: 5000)
        let operation = try t.call(call).operation
        #expect(try explain(operation).why.last == "it expires in 5 s unless a worker has it by then")
        try t.takeOne(leaseMs: 60_000)
        #expect(
            try explain(operation).next?.what
                == "its lease ends, and it expires, unless its worker says otherwise before")
        try t.pass(60_001)
        #expect(try t.state(operation) == .expired)
    }

    @Test("what may lose no more workers says that it is set aside, and poison tells one number of them")
    func poison() throws {
        try t.configure { $0.poisonLosses = .number(2) }
        let operation = try t.enqueue()
        try t.takeOne(leaseMs: 1000)
        #expect(
            try explain(operation).next?.what
                == "its lease ends, and it is ready again, unless its worker says otherwise before")
        try t.pass(1001)
        try t.takeOne(leaseMs: 1000)
        #expect(
            try explain(operation).next?.what
                == "its lease ends, and it is set aside, unless its worker says otherwise before")
        try t.pass(1001)
        let said = try explain(operation)
        #expect(said.why.contains { $0.contains("lost its worker 2 times in a row") })
        #expect(!said.why.contains { $0.contains("it has lost") })
    }
}
