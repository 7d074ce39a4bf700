import MendProtocol
import MendWire
import Testing

@testable import MendEngine

@Suite("What any call may carry: keys, deadlines, dry runs")
struct MetaTests {
    private let t: TestEngine
    init() throws { t = try TestEngine() }

    private func key(_ text: String) -> Meta { Meta(idempotencyKey: IdempotencyKey(text)) }

    // MARK: Idempotency keys

    @Test("a call with an idempotency key is done once, and answered alike each time, also after a restart")
    func once() throws {
        let first = try t.call(.enqueue(), meta: key("k")).operation
        let again = t.send(.enqueue(), meta: key("k"))
        try t.commit()
        #expect(try t.text(again) == #"{"operation":\#(first),"deduplicated":false}"#)
        try t.restart()
        let later = t.send(.enqueue(), meta: key("k"))
        try t.commit()
        #expect(try t.text(later) == #"{"operation":\#(first),"deduplicated":false}"#)
        #expect(try t.counts().ready == 1)
    }

    @Test("the second call of one batch with the same key is answered like the first")
    func onceInBatch() throws {
        let sent = [t.send(.enqueue(), meta: key("k")), t.send(.enqueue(), meta: key("k"))]
        try t.commit()
        #expect(try t.text(sent[0]) == t.text(sent[1]))
        #expect(try t.counts().ready == 1)
    }

    @Test("an idempotency key belongs to a user and a method")
    func scope() throws {
        try t.call(.enqueue(), meta: key("k"))
        try t.call(.enqueue(), as: .bob, meta: key("k"))
        try t.call(Transaction.Begin(name: .deploy), meta: key("k"))
        #expect(try t.counts().ready == 2)
    }

    @Test("the same key with other parameters is an error, and nothing is done")
    func mismatch() throws {
        try t.call(.enqueue(.mail, "1"), meta: key("k"))
        #expect(try t.refusal(.enqueue(.mail, "2"), meta: key("k"))?.reason == .idempotencyMismatch)
        #expect(try t.counts().ready == 1)
    }

    @Test("an error is not kept: the same key may be tried again")
    func errorsAreNotKept() throws {
        #expect(try t.refusal(Queue.Pause(queue: .mail), as: .root, meta: key("k"))?.reason == .notFound)
        try t.enqueue()
        #expect(try t.call(Queue.Pause(queue: .mail), as: .root, meta: key("k")).paused)
    }

    @Test("a key is forgotten after a day")
    func forgotten() throws {
        try t.call(.enqueue(), meta: key("k"))
        try t.pass(86_399_999)
        try t.call(.enqueue(.print), meta: key("other"))
        #expect(try t.number("SELECT count(*) FROM idempotency") == 2)
        try t.pass(60_001)
        #expect(try t.number("SELECT count(*) FROM idempotency") == 1)
        try t.call(.enqueue(.mail, "2"), meta: key("k"))
    }

    @Test("what was answered at too great a length to be kept is not done again")
    func longAnswer() throws {
        try t.enqueue()
        let leased = try t.takeOne()
        var error = Errors.Report(message: "it did not work")
        error.ignored = (0..<100).map { "member-\($0)-" + String(repeating: "x", count: 100) }
        let fail = Queue.Fail(operation: leased.operation, lease: leased.lease, error: error)
        try t.call(fail, meta: key("k"))
        #expect(try t.number("SELECT count(*) FROM idempotency WHERE answer IS NULL") == 1)
        let refused = try t.refusal(fail, meta: key("k"))
        #expect(refused?.reason == .conflict)
        #expect(refused?.message.contains("done already") == true)
    }

    @Test("calls that change nothing or may wait take no idempotency key")
    func refused() throws {
        let operation = try t.enqueue()
        let wait = Queue.Wait(operation: operation, waitMs: Milliseconds(unchecked: 1))
        for refusal in [try t.refusal(wait, meta: key("k")), try t.refusal(.lease(), meta: key("k"))] {
            #expect(refusal?.reason == .invalidParams)
            #expect(refusal?.field == "_meta.idempotency_key")
        }
    }

    // MARK: Dry runs

    @Test("a dry run answers what the call would have answered, and changes nothing")
    func dryRun() throws {
        let operation = try t.enqueue()
        let dry = Meta(dryRun: true)
        #expect(try t.call(.lease(), meta: dry).operations.map(\.operation) == [operation])
        #expect(try t.call(Queue.Cancel(operation: operation), meta: dry).state == .cancelled)
        #expect(try t.call(.enqueue(.print), meta: dry).operation > operation)
        #expect(try t.call(Queue.Pause(queue: .mail), as: .root, meta: dry).paused)
        #expect(try t.state(operation) == .ready)
        #expect(try t.read(Queue.Stats()).queues.map(\.queue) == [.mail])
        #expect(try t.number("SELECT count(*) FROM events WHERE kind <> 'daemon.started'") == 0)
        #expect(try t.miscounted().isEmpty)
        #expect(try t.takeOne().lease == 1, "the dry lease's number was given back")
    }

    @Test("a dry run is checked like the call itself")
    func dryRefusal() throws {
        #expect(try t.refusal(Queue.Cancel(operation: 9), meta: Meta(dryRun: true))?.reason == .notFound)
    }

    @Test("a dry run takes back only itself, among calls of its batch")
    func dryInBatch() throws {
        let first = t.send(.enqueue(.mail, "1"))
        let dry = t.send(.enqueue(.mail, "2"), meta: Meta(dryRun: true))
        let second = t.send(.enqueue(.mail, "3"))
        try t.commit()
        #expect(try t.answer(first)?.operation == 1)
        #expect(try t.answer(dry)?.operation == 2)
        #expect(try t.answer(second)?.operation == 2)
        #expect(try t.take(.mail, max: 9).map(\.payload) == ["1", "3"])
    }

    @Test("a dry run does not wait")
    func dryWait() throws {
        let wait = t.send(.lease(waitMs: 1000), meta: Meta(dryRun: true))
        try t.commit()
        #expect(t.refusal(wait)?.field == "_meta.dry_run")
        try t.enqueue()
        #expect(try t.counts().ready == 1)
    }

    @Test("a key that was used in a dry run is still free")
    func dryKey() throws {
        var meta = key("k")
        meta.dryRun = true
        try t.call(.enqueue(.mail, "1"), meta: meta)
        try t.call(.enqueue(.mail, "2"), meta: key("k"))
        #expect(try t.counts().ready == 1)
    }

    // MARK: Deadlines

    @Test("a call that could not be begun within its deadline is refused, and nothing is done")
    func deadline() throws {
        let meta = Meta(deadlineMs: PositiveMilliseconds(unchecked: 100))
        let late = t.send(.enqueue(), meta: meta)
        t.wait(101)
        try t.commit()
        #expect(t.refusal(late)?.reason == .deadlineExceeded)
        let intime = t.send(.enqueue(), meta: meta)
        t.wait(100)
        try t.commit()
        #expect(try t.answer(intime) != nil)
        #expect(try t.counts().ready == 1)
    }

    @Test("a wait ends at the call's deadline")
    func waitDeadline() throws {
        let waiting = t.send(
            .lease(waitMs: 10_000), meta: Meta(deadlineMs: PositiveMilliseconds(unchecked: 100)))
        try t.commit()
        try t.pass(99)
        #expect(try t.got(waiting) == nil)
        try t.pass(1)
        #expect(try t.got(waiting) == [])
    }

    // MARK: Operators

    @Test("an operator's call is an event, with who made it")
    func operatorCalls() throws {
        try t.enqueue()
        try t.call(Queue.Pause(queue: .mail), as: .root)
        #expect(
            try t.number(
                """
                SELECT count(*) FROM events WHERE kind = 'operator.call' AND uid = 0 AND pid = 1 AND queue = 'mail'
                """) == 1)
        #expect(try t.number("SELECT max(event) FROM events") == 2, "the first one tells of the start")
    }
}
