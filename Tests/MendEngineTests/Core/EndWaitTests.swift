import MendProtocol
import MendWire
import Testing

@testable import MendEngine

@Suite("Waits for an end")
struct EndWaitTests {
    private let t: TestEngine
    init() throws { t = try TestEngine() }

    private func sendWait(_ operation: Int64, waitMs: Int64? = nil, as caller: Caller = .ada)
        -> TestEngine.Sent<Queue.Wait>
    {
        t.send(Queue.Wait(operation: operation, waitMs: waitMs.map(Milliseconds.init(unchecked:))), as: caller)
    }

    private func sendWait(
        transaction: Int64, until: Transaction.Wait.Until? = nil, waitMs: Int64? = nil
    ) -> TestEngine.Sent<Transaction.Wait> {
        t.send(
            Transaction.Wait(
                transaction: transaction, until: until, waitMs: waitMs.map(Milliseconds.init(unchecked:))))
    }

    @Test("a wait is answered when the operation has ended, with its result, for its owner and operators")
    func operation() throws {
        let operation = try t.enqueue()
        let waiting = [Caller.ada, .root, .bob].map { sendWait(operation, as: $0) }
        try t.commit()
        let leased = try t.takeOne()
        #expect(try t.answer(waiting[0]) == nil)
        try t.call(Queue.Complete(operation: operation, lease: leased.lease, result: "7"))
        let done = Queue.Wait.Answer(state: .done, result: "7")
        #expect(try waiting.map { try t.answer($0) } == [done, done, Queue.Wait.Answer(state: .done)])
        #expect(try t.call(Queue.Wait(operation: operation)) == done, "what has ended is answered at once")
        #expect(t.engine.endWaiters.count == 0)
    }

    @Test("every end is one: death, cancellation", arguments: [OperationState.dead, .cancelled])
    func otherEnds(state: OperationState) throws {
        let operation = try t.enqueue()
        let waiting = sendWait(operation)
        try t.commit()
        if state == .dead {
            try t.fail(try t.takeOne(), .validation)
        } else {
            try t.call(Queue.Cancel(operation: operation))
        }
        #expect(try t.answer(waiting)?.state == state)
        #expect((try t.answer(waiting)?.lastError != nil) == (state == .dead))
    }

    @Test("at its deadline a wait is answered how things are: after a minute where nothing is said")
    func deadline() throws {
        let operation = try t.enqueue()
        let short = sendWait(operation, waitMs: 500)
        let standard = sendWait(operation)
        try t.commit()
        #expect(t.engine.nextDue == t.now.elapsedMs + 500)
        try t.pass(499)
        #expect(try t.answer(short) == nil)
        try t.pass(1)
        #expect(try t.answer(short) == Queue.Wait.Answer(state: .ready))
        try t.pass(59_499)
        #expect(try t.answer(standard) == nil)
        try t.pass(1)
        #expect(try t.answer(standard) == Queue.Wait.Answer(state: .ready))
        #expect(try t.call(Queue.Wait(operation: operation, waitMs: Milliseconds(unchecked: 0))).state == .ready)
    }

    @Test("a wait ends at the call's own deadline, too")
    func callDeadline() throws {
        let operation = try t.enqueue()
        let waiting = t.send(
            Queue.Wait(operation: operation), meta: Meta(deadlineMs: PositiveMilliseconds(unchecked: 300)))
        try t.commit()
        try t.pass(300)
        #expect(try t.answer(waiting)?.state == .ready)
    }

    @Test("there is nothing to wait for where there is nothing")
    func notFound() throws {
        #expect(try t.refusal(Queue.Wait(operation: 9))?.reason == .notFound)
        #expect(try t.refusal(Transaction.Wait(transaction: 9))?.reason == .notFound)
    }

    @Test("the wait of a connection that is gone ends, and is never answered")
    func endWait() throws {
        let operation = try t.enqueue()
        let gone = sendWait(operation)
        let stays = sendWait(operation)
        try t.commit()
        t.sendEndWait(of: gone)
        try t.commit()
        #expect(t.engine.endWaiters.count == 1)
        try t.complete(try t.takeOne())
        #expect(try t.answer(gone) == nil)
        #expect(try t.answer(stays)?.state == .done)
    }

    @Test("so many calls may wait, and the next one is told")
    func limit() throws {
        var settings = EngineSettings()
        settings.waitersMaxCount = 2
        let t = try TestEngine(settings: settings)
        let operation = try t.enqueue()
        for _ in 0..<2 { t.send(Queue.Wait(operation: operation)) }
        try t.commit()
        let refusal = try t.refusal(Queue.Wait(operation: operation))
        #expect(refusal?.reason == .unavailable)
        #expect(refusal?.field == "wait_ms")
    }

    @Test("a batch that is rolled back leaves waits as they were")
    func rolledBack() throws {
        let operation = try t.enqueue()
        let waiting = sendWait(operation)
        try t.commit()
        let leased = try t.takeOne()
        // The second call fails after it has changed something, so the whole batch is done again with savepoints.
        try t.failing("INSERT ON operations", when: "NEW.payload = '13'")
        let second = sendWait(operation)
        t.send(Queue.Complete(operation: operation, lease: leased.lease))
        let planted = t.send(.enqueue(.mail, "13"))
        try t.commit()
        #expect(t.refusal(planted)?.reason == .internalError)
        #expect(try t.answer(waiting)?.state == .done)
        #expect(try t.answer(second)?.state == .done)
        #expect(t.engine.endWaiters.count == 0)
    }

    @Test("a dry run does not wait")
    func dryRun() throws {
        let operation = try t.enqueue()
        let refusal = try t.refusal(Queue.Wait(operation: operation), meta: Meta(dryRun: true))
        #expect(refusal?.field == "_meta.dry_run")
        #expect(t.engine.endWaiters.count == 0)
    }

    @Test("a wait for a transaction is answered when it has ended, or is parked")
    func transaction() throws {
        let committed = try t.begin()
        let rolledBack = try t.begin()
        let parked = try t.begin(timeoutMs: 700, onDeadline: .park)
        try t.step(rolledBack)
        let waiting = [committed, rolledBack, parked].map { sendWait(transaction: $0) }
        try t.commit()
        try t.call(Transaction.Commit(transaction: committed))
        #expect(try t.answer(waiting[0])?.state == .committed)
        try t.rollback(rolledBack)
        #expect(try t.answer(waiting[1]) == nil)
        try t.complete(try t.takeOne(.undos))
        #expect(
            try t.answer(waiting[1]) == Transaction.EndAnswer(state: .rolledBack, steps: 1, reason: "by call"))
        try t.pass(700)
        #expect(try t.answer(waiting[2])?.state == .parked)
    }

    @Test("an owner that waits is told when a rollback has begun")
    func inactive() throws {
        let transaction = try t.begin(timeoutMs: 700)
        try t.step(transaction)
        let waiting = sendWait(transaction: transaction, until: .inactive)
        let patient = sendWait(transaction: transaction)
        try t.commit()
        try t.pass(700)
        #expect(try t.answer(waiting)?.state == .rollingBack)
        #expect(try t.answer(waiting)?.reason == "its deadline passed")
        #expect(try t.answer(patient) == nil)
    }

    @Test("a rollback that waits is answered when the steps are undone, and at its deadline says how far it is")
    func rollback() throws {
        let transaction = try t.begin()
        try t.step(transaction)
        let short = t.send(Transaction.Rollback(transaction: transaction, waitMs: Milliseconds(unchecked: 100)))
        let long = t.send(Transaction.Rollback(transaction: transaction, waitMs: Milliseconds(unchecked: 1_000)))
        try t.commit()
        try t.pass(100)
        #expect(try t.answer(short)?.state == .rollingBack)
        try t.complete(try t.takeOne(.undos))
        #expect(try t.answer(long)?.state == .rolledBack)
        #expect(try t.rollback(transaction) == .rolledBack)
    }
}
