import MendProtocol
import MendWire
import Testing

@testable import MendEngine

@Suite("Ends that are said again")
struct QueueRepeatTests {
    private let t: TestEngine
    init() throws { t = try TestEngine() }

    @Test("a fail repeated with its own lease answers as it did, and counts once")
    func fail() throws {
        try t.enqueue(policy: .every(1_000))
        let leased = try t.takeOne()
        let answer = try t.fail(leased)
        #expect(answer.state == .scheduled)
        try t.pass(500)
        #expect(try t.fail(leased) == answer)
        #expect(try t.read(Errors.List()).errors.count == 1)
    }

    @Test("a fail is answered as it was for an hour, also when the operation is leased again, dead, or gone")
    func later() throws {
        let operation = try t.enqueue(maxAttempts: 2, policy: .every(1_000))
        let first = try t.takeOne()
        let scheduled = try t.fail(first)
        try t.pass(1_000)
        let second = try t.takeOne()
        #expect(try t.fail(first) == scheduled)
        #expect(try t.state(operation) == .leased)
        let dead = try t.fail(second)
        #expect(dead.state == .dead)
        try t.pass(3_600_000)
        try t.restart()
        #expect(try t.fail(first) == scheduled)
        #expect(try t.fail(second) == dead)
        try t.call(Queue.Purge(queue: .mail), as: .root)
        #expect(try t.refusal(Queue.Get(operation: operation))?.reason == .notFound)
        #expect(try t.fail(second) == dead)
        try t.pass(2 * 86_400_000)
        #expect(try t.refusal(.fail(second))?.reason == .notFound)
    }

    @Test("only who said it is answered so, and only for that operation")
    func others() throws {
        let other = try t.enqueue(.print)
        try t.enqueue()
        let leased = try t.takeOne()
        try t.fail(leased)
        #expect(try t.refusal(.fail(leased), as: .bob)?.reason == .leaseLost)
        var wrong = leased
        wrong.operation = other
        #expect(try t.refusal(.fail(wrong))?.reason == .leaseLost)
        #expect(try t.refusal(Queue.Complete(operation: leased.operation, lease: leased.lease))?.reason == .leaseLost)
    }

    @Test("a complete is answered as it was for an hour at least, however short results are kept")
    func complete() throws {
        var call: Queue.Enqueue = .enqueue()
        call.keepResultMs = ResultTime(unchecked: 1)
        try t.call(call)
        let leased = try t.takeOne()
        try t.complete(leased)
        try t.pass(3_599_999)
        #expect(try t.complete(leased) == .done)
        try t.pass(1)
        #expect(try t.refusal(Queue.Complete(operation: leased.operation, lease: leased.lease))?.reason == .notFound)
    }

    @Test("a fail that could not be kept is not remembered either")
    func rolledBack() throws {
        try t.enqueue()
        let leased = try t.takeOne()
        try t.failing("UPDATE ON operations", when: "NEW.state = 1")
        #expect(try t.refusal(.fail(leased))?.reason == .internalError)
        try t.failNoMore()
        #expect(try t.fail(leased).state == .scheduled)
    }

    @Test("a policy that this version does not know does not stop a timer: standard stands in, and an event says so")
    func unknownPolicy() throws {
        let operation = try t.enqueue(maxAttempts: 2, policy: .named(.quick))
        try t.execute("UPDATE operations SET policy = '\"cubic\"'")
        #expect(try t.fail(t.takeOne()).verdict.retry.maxAttempts == 2)
        try t.pass(5_000)
        _ = try t.takeOne()
        try t.pass(60_000)
        #expect(try t.state(operation) == .dead)
        let told = "SELECT count(*) FROM events WHERE kind = 'policy.unknown' AND operation = \(operation)"
        #expect(try t.number(told) == 2)
    }

    @Test("an undo whose policy this version does not know is put on its queue all the same")
    func unknownUndoPolicy() throws {
        let transaction = try t.begin()
        try t.step(transaction, policy: .named(.patient))
        try t.execute("UPDATE steps SET policy = '{\"strategy\":\"cubic\"}'")
        try t.rollback(transaction)
        #expect(try t.takeOne(.undos).maxAttempts == 5)
    }
}
