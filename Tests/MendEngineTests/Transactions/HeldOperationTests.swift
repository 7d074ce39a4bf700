import MendProtocol
import MendWire
import Testing

@testable import MendEngine

@Suite("Operations that a transaction holds")
struct HeldOperationTests {
    private let t: TestEngine
    init() throws { t = try TestEngine() }

    private func enqueue(
        _ payload: RawJSON = "1", in transaction: Int64, as caller: Caller = .ada,
        _ change: (inout Queue.Enqueue) -> Void = { _ in }
    ) throws -> Int64 {
        var call = Queue.Enqueue(queue: .mail, payload: payload)
        call.transaction = transaction
        change(&call)
        return try t.call(call, as: caller).operation
    }

    @Test("it is held until the commit: nobody sees it before, and then it is ready, in the order of the enqueues")
    func commit() throws {
        let transaction = try t.begin()
        let first = try enqueue("1", in: transaction)
        let waiting = t.sendWait(.mail, max: 9)
        try t.commit()
        #expect(try enqueue("2", in: transaction) == first + 1)
        #expect(try t.state(first) == .held)
        #expect(try t.call(Queue.Get(operation: first)).transaction == transaction)
        #expect(try t.got(waiting) == nil)
        #expect(try t.counts().held == 2)
        try t.call(Transaction.Commit(transaction: transaction))
        #expect(try t.got(waiting) == [first, first + 1])
        #expect(try t.counts().held == 0)
        #expect(try t.miscounted() == [])
    }

    @Test("a rollback drops it, and whoever waits for its end is told", arguments: [true, false])
    func rollback(byDeadline: Bool) throws {
        let transaction = try t.begin(timeoutMs: 1_000)
        try t.step(transaction)
        let held = try enqueue(in: transaction)
        let waiting = t.send(Queue.Wait(operation: held, waitMs: Milliseconds(unchecked: 60_000)))
        if byDeadline { try t.pass(1_000) } else { try t.rollback(transaction) }
        #expect(try t.answer(waiting)?.state == .cancelled)
        try t.undo()
        #expect(try t.state(ofTransaction: transaction) == .rolledBack)
        #expect(try t.take(.mail).isEmpty)
        #expect(try t.miscounted() == [])
    }

    @Test("a rollback to a step drops what was enqueued after it, and the commit then releases the rest")
    func savepoint() throws {
        let transaction = try t.begin()
        try t.step(transaction)
        let kept = try enqueue(in: transaction)
        try t.step(transaction)
        let dropped = try enqueue(in: transaction)
        try t.rollback(transaction, toStep: 1)
        #expect(try t.state(dropped) == .cancelled)
        #expect(try t.state(kept) == .held)
        try t.undo()
        try t.call(Transaction.Commit(transaction: transaction))
        #expect(try t.state(kept) == .ready)
        #expect(try t.state(dropped) == .cancelled)
    }

    @Test("a rollback to a step that goes further down, or becomes a full one, drops the others, too")
    func further() throws {
        let transaction = try t.begin()
        try t.step(transaction)
        let first = try enqueue(in: transaction)
        try t.step(transaction)
        let second = try enqueue(in: transaction)
        try t.step(transaction)
        try t.rollback(transaction, toStep: 2)
        #expect(try [t.state(first), t.state(second)] == [.held, .held])
        try t.rollback(transaction, toStep: 1)
        #expect(try [t.state(first), t.state(second)] == [.held, .cancelled])
        try t.rollback(transaction)
        #expect(try t.state(first) == .cancelled)
    }

    @Test("a transaction that is parked by its deadline holds it on; resolve drops it")
    func parked() throws {
        let transaction = try t.begin(timeoutMs: 1_000, onDeadline: .park)
        let held = try enqueue(in: transaction)
        try t.pass(2_000)
        #expect(try t.state(held) == .held)
        try t.call(Transaction.Resolve(transaction: transaction, reason: "done by hand"), as: .root)
        #expect(try t.state(held) == .cancelled)
    }

    @Test("delay_ms counts from the commit, run_at is that time, and expires_ms counts from the enqueue")
    func times() throws {
        let transaction = try t.begin()
        let delayed = try enqueue(in: transaction) { $0.delayMs = Milliseconds(unchecked: 1_000) }
        let later = try enqueue(in: transaction) { $0.runAt = Timestamp(unchecked: t.now.wallMs + 5_000) }
        let expiring = try enqueue(in: transaction) { $0.expiresMs = PositiveMilliseconds(unchecked: 2_000) }
        try t.pass(3_000)
        #expect(try t.state(expiring) == .expired)
        try t.call(Transaction.Commit(transaction: transaction))
        #expect(try [t.state(delayed), t.state(later)] == [.scheduled, .scheduled])
        try t.pass(1_000)
        #expect(try [t.state(delayed), t.state(later)] == [.ready, .scheduled])
        try t.pass(1_000)
        #expect(try t.state(later) == .ready)
        #expect(try t.miscounted() == [])
    }

    @Test("in a lane it stands in line from the commit on")
    func lane() throws {
        let transaction = try t.begin()
        let held = try enqueue(in: transaction) { $0.lane = "a" }
        let delayed = try enqueue(in: transaction) {
            $0.lane = "a"
            $0.delayMs = Milliseconds(unchecked: 500)
        }
        let other = try t.enqueue(lane: "a")
        #expect(try t.takeOne().operation == other)
        try t.call(Transaction.Commit(transaction: transaction))
        #expect(try t.call(Queue.Get(operation: held)).behind == other)
        #expect(try t.call(Queue.Get(operation: delayed)).behind == other)
        #expect(try t.miscounted() == [])
        try t.pass(60_000)
        try t.complete(try t.takeOne())
        #expect(try t.takeOne().operation == held)
    }

    @Test("its key is taken while it is held, and it counts to its queue's size; it can be cancelled")
    func live() throws {
        let transaction = try t.begin()
        let held = try enqueue(in: transaction) { $0.key = "k" }
        #expect(try t.enqueue(key: "k") == held)
        try t.configure(.mail) { $0.maxSize = .number(1) }
        #expect(try t.refusal(.enqueue())?.reason == .queueFull)
        try t.call(Queue.Cancel(operation: held))
        #expect(try t.enqueue(key: "k") > held)
        try t.call(Transaction.Commit(transaction: transaction))
        #expect(try t.state(held) == .cancelled)
    }

    @Test("it goes only into a transaction that is active and one's own, and only so many do")
    func refused() throws {
        let transaction = try t.begin()
        var call = Queue.Enqueue(queue: .mail, payload: "1")
        call.transaction = transaction
        #expect(try t.refusal(call, as: .bob)?.reason == .permissionDenied)
        for _ in 0..<1_000 { t.send(call) }
        try t.commit()
        let refusal = try t.refusal(call)
        #expect(refusal?.reason == .tooLarge)
        #expect(refusal?.field == "transaction")
        #expect(try t.counts().held == 1_000)
        try t.call(Transaction.Commit(transaction: transaction))
        #expect(try t.counts().ready == 1_000)
        #expect(try t.refusal(call)?.reason == .conflict)
        call.transaction = 99
        #expect(try t.refusal(call)?.reason == .notFound)
    }

    @Test("it is held over a restart and a reboot")
    func restart() throws {
        let transaction = try t.begin()
        let held = try enqueue(in: transaction)
        try t.restart()
        try t.reboot(awayMs: 10_000)
        try t.commit()
        #expect(try t.state(held) == .held)
        try t.call(Transaction.Commit(transaction: transaction))
        #expect(try t.takeOne().operation == held)
    }
}
