import MendProtocol
import MendWire
import Testing

@testable import MendEngine

@Suite("Lanes of a queue")
struct QueueLaneTests {
    private let t: TestEngine
    init() throws { t = try TestEngine() }

    /// Operations of one lane.
    private func enqueue(_ count: Int, lane: String = "a", onDead: Queue.Enqueue.OnDead? = nil) throws -> [Int64] {
        try (0..<count).map { _ in try t.enqueue(policy: .every(1_000), lane: lane, onDead: onDead) }
    }

    private func get(_ operation: Int64) throws -> OperationInfo { try t.call(Queue.Get(operation: operation)) }

    @Test("operations of one lane run one at a time, in the order of their enqueues, whatever their priority")
    func order() throws {
        let first = try t.enqueue(priority: 100, lane: "a")
        let second = try t.enqueue(priority: 50, lane: "a")
        let third = try t.enqueue(priority: 0, lane: "a")
        for operation in [first, second, third] {
            let leased = try t.take(.mail, max: 5)
            #expect(leased.map(\.operation) == [operation])
            #expect(try t.miscounted().isEmpty)
            try t.complete(leased[0])
        }
        #expect(try t.miscounted().isEmpty)
    }

    @Test("lanes, queues, and what has no lane do not wait for each other; priority is among the first of lanes")
    func independent() throws {
        let a = try t.enqueue(priority: 9, lane: "a")
        try t.enqueue(priority: 0, lane: "a")
        let b = try t.enqueue(priority: 3, lane: "b")
        let plain = try t.enqueue(priority: 5)
        let other = try t.enqueue(.print, lane: "a")
        #expect(try t.take(.mail, max: 9).map(\.operation) == [b, plain, a])
        #expect(try t.take(.print, max: 9).map(\.operation) == [other])
    }

    @Test("an operation behind another is scheduled, and tells whom it waits for")
    func behind() throws {
        let operations = try enqueue(3)
        #expect(try t.counts().ready == 1)
        #expect(try t.counts().scheduled == 2)
        let last = try get(operations[2])
        #expect(last.state == .scheduled)
        #expect(last.lane == "a")
        #expect(last.behind == operations[0])
        #expect(last.readyAt == nil)
        #expect(try get(operations[0]).behind == nil)
        try t.complete(t.takeOne())
        #expect(try get(operations[2]).behind == operations[1])
        #expect(try t.read(Queue.List()).operations.map(\.behind) == [nil, nil, operations[1]])
    }

    @Test("the first one blocks its lane while it is delayed, leased, backs off, and is given back")
    func blocks() throws {
        let first = try t.enqueue(delayMs: 1_000, policy: .every(1_000), lane: "a")
        let second = try t.enqueue(lane: "a")
        #expect(try t.take(.mail).isEmpty)
        try t.pass(1_000)
        let leased = try t.takeOne()
        #expect(leased.operation == first)
        #expect(try t.take(.mail).isEmpty)
        try t.fail(leased)
        #expect(try t.take(.mail).isEmpty, "it backs off")
        try t.pass(1_000)
        let again = try t.takeOne()
        try t.call(Queue.Release(operation: first, lease: again.lease))
        #expect(try t.takeOne().operation == first)
        try t.pass(60_000)
        #expect(try t.state(first) == .ready, "its lease ended")
        try t.complete(t.takeOne())
        #expect(try t.takeOne().operation == second)
        #expect(try t.miscounted().isEmpty)
    }

    @Test("one that is dead, cancelled or purged lets the next one go")
    func ends() throws {
        let operations = try enqueue(4)
        try t.fail(t.takeOne(), .validation)
        #expect(try t.state(operations[1]) == .ready)
        try t.call(Queue.Cancel(operation: operations[1]))
        #expect(try t.state(operations[2]) == .ready)
        try t.call(Queue.Purge(queue: .mail, states: [.ready]), as: .root)
        #expect(try t.takeOne().operation == operations[3])
        #expect(try t.miscounted().isEmpty)
    }

    @Test("one in the middle that is cancelled leaves the others in order")
    func cancelledBehind() throws {
        let operations = try enqueue(3)
        try t.call(Queue.Cancel(operation: operations[1]))
        #expect(try t.take(.mail, max: 5).map(\.operation) == [operations[0]])
        #expect(try get(operations[2]).behind == operations[0])
        #expect(try t.miscounted().isEmpty)
    }

    @Test("on_dead: block keeps the lane of a dead letter until it is replayed and done")
    func blockedUntilReplayed() throws {
        let operations = try enqueue(2, onDead: .block)
        try t.fail(t.takeOne(), .validation)
        #expect(try t.take(.mail).isEmpty)
        #expect(try get(operations[1]).behind == operations[0])
        let later = try t.enqueue(lane: "a")
        #expect(try t.state(later) == .scheduled)
        #expect(try t.miscounted().isEmpty)
        try t.restart()
        try t.call(Queue.Replay(operation: operations[0]))
        let leased = try t.take(.mail, max: 5)
        #expect(leased.map(\.operation) == [operations[0]])
        try t.complete(leased[0])
        #expect(try t.take(.mail, max: 5).map(\.operation) == [operations[1]])
        #expect(try t.miscounted().isEmpty)
    }

    @Test("on_dead: block ends when the dead letter is cancelled or purged")
    func blockedUntilCancelled() throws {
        let operations = try enqueue(3, onDead: .block)
        try t.fail(t.takeOne(), .validation)
        try t.call(Queue.Cancel(operation: operations[0]))
        try t.fail(t.takeOne(), .validation)
        #expect(try t.state(operations[2]) == .scheduled)
        try t.call(Queue.Purge(queue: .mail), as: .root)
        #expect(try t.takeOne().operation == operations[2])
        #expect(try t.miscounted().isEmpty)
    }

    @Test("on_dead without a lane is refused")
    func onDeadAlone() throws {
        #expect(try t.refusal(.enqueue(onDead: .block))?.field == "on_dead")
    }

    @Test("a dead letter that let others pass comes back behind the one that has the lane, and before the rest")
    func replayedLater() throws {
        let operations = try enqueue(3)
        try t.fail(t.takeOne(), .validation)
        let second = try t.takeOne()
        try t.call(Queue.Replay(operation: operations[0]))
        #expect(try t.state(operations[0]) == .scheduled)
        #expect(try get(operations[0]).behind == operations[1])
        try t.complete(second)
        let third = try t.takeOne()
        #expect(third.operation == operations[0])
        try t.complete(third)
        #expect(try t.takeOne().operation == operations[2])
        #expect(try t.miscounted().isEmpty)
    }

    @Test("one that waits for its lane and for its own time goes when both have come, in either order")
    func delayedBehind() throws {
        try t.enqueue(lane: "a")
        let early = try t.enqueue(delayMs: 1_000, lane: "a")
        let late = try t.enqueue(runAt: t.now.wallMs + 9_000, lane: "a")
        #expect(try get(early).readyAt != nil)
        try t.pass(2_000)
        #expect(try t.state(early) == .scheduled)
        #expect(try t.miscounted().isEmpty)
        try t.complete(t.takeOne())
        let leased = try t.takeOne()
        #expect(leased.operation == early)
        try t.complete(leased)
        #expect(try t.take(.mail).isEmpty)
        #expect(try get(late).behind == nil)
        try t.pass(7_000)
        #expect(try t.takeOne().operation == late)
        #expect(try t.miscounted().isEmpty)
    }

    @Test("a wall clock that is set back lets nothing in a lane begin before its run_at, even where it expires first")
    func clockSetBack() throws {
        let first = try t.enqueue(lane: "a")
        var call: Queue.Enqueue = .enqueue(runAt: t.now.wallMs + 1_000, lane: "a")
        call.expiresMs = PositiveMilliseconds(unchecked: 60_000)
        let second = try t.call(call).operation
        t.clock.wallMs -= 3_600_000
        try t.complete(t.takeOne())
        #expect(try t.state(first) == .done)
        #expect(try t.state(second) == .scheduled)
        #expect(try t.take(.mail).isEmpty)
        try t.pass(60_000)
        #expect(try t.state(second) == .expired)
        #expect(try t.miscounted().isEmpty)
    }

    @Test("what falls due together in a lane is counted once")
    func dueTogether() throws {
        try t.enqueue(maxAttempts: 1, lane: "a")
        try t.enqueue(delayMs: 60_000, lane: "a")
        try t.enqueue(delayMs: 59_999, lane: "a")
        try t.takeOne()
        try t.pass(60_000)
        try t.pass(1)
        #expect(try t.miscounted().isEmpty)
        #expect(try t.take(.mail, max: 5).map(\.operation) == [2])
    }

    @Test("whoever waits gets the next of a lane as soon as the first one ends")
    func wakes() throws {
        let operations = try enqueue(2)
        let leased = try t.takeOne()
        let waiting = t.sendWait(.mail)
        try t.commit()
        #expect(try t.got(waiting) == nil)
        try t.complete(leased)
        #expect(try t.got(waiting) == [operations[1]])
    }

    @Test("a call that fails half way leaves its lane as it was")
    func rolledBack() throws {
        let operations = try enqueue(2)
        let leased = try t.takeOne()
        try t.failing("UPDATE ON operations", when: "NEW.id = \(operations[1]) AND NEW.state = 2")
        let completion = Queue.Complete(operation: leased.operation, lease: leased.lease)
        #expect(try t.refusal(completion)?.reason == .internalError)
        try t.failNoMore()
        #expect(try t.miscounted().isEmpty)
        #expect(try t.complete(leased) == .done)
        #expect(try t.takeOne().operation == operations[1])
    }

    @Test("forgetting what has ended does not touch its lane")
    func forgotten() throws {
        let operations = try enqueue(2)
        try t.complete(t.takeOne())
        try t.pass(86_400_000)
        #expect(try t.refusal(Queue.Get(operation: operations[0]))?.reason == .notFound)
        #expect(try t.state(operations[1]) == .ready)
        #expect(try t.miscounted().isEmpty)
    }
}
