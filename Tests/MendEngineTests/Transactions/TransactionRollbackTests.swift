import MendProtocol
import MendWire
import Testing

@testable import MendEngine

@Suite("Rollbacks")
struct TransactionRollbackTests {
    private let t: TestEngine
    init() throws { t = try TestEngine() }

    @Test("undos run last-first, each only after the one after it has completed")
    func lastFirst() throws {
        let transaction = try t.begin()
        for payload: RawJSON in ["1", "2", "3"] { try t.step(transaction, payload) }
        #expect(try t.rollback(transaction) == .rollingBack)
        for (payload, left) in zip(["3", "2", "1"] as [RawJSON], [2, 1, 0]) {
            let undo = try t.takeOne(.undos)
            #expect(undo.payload == payload)
            #expect(undo.transaction == transaction)
            #expect(undo.step == Int64(left + 1))
            #expect(try t.take(.undos).isEmpty, "the one before it waits")
            #expect(try t.steps(transaction)[left].state == .undoing)
            #expect(try t.steps(transaction)[left].operation == undo.operation)
            #expect(try t.state(ofTransaction: transaction) == .rollingBack)
            try t.complete(undo)
            #expect(try t.steps(transaction)[left].state == .undone)
        }
        let info = try t.call(Transaction.Get(transaction: transaction)).info
        #expect(info.state == .rolledBack)
        #expect(info.endedAt == t.now.wallMs)
        #expect(try t.take(.undos).isEmpty)
    }

    @Test("an undo that fails is tried again by its policy, and holds back the ones before it meanwhile")
    func retriedUndo() throws {
        let transaction = try t.begin()
        try t.step(transaction, "1")
        try t.step(transaction, "2", policy: .every(1_000, maxAttempts: 3))
        try t.rollback(transaction)
        let first = try t.takeOne(.undos)
        #expect(first.maxAttempts == 3)
        #expect(try t.fail(first).state == .scheduled)
        try t.pass(999)
        #expect(try t.take(.undos).isEmpty)
        try t.pass(1)
        let second = try t.takeOne(.undos)
        #expect(second.payload == "2")
        #expect(second.attempt == 2)
        try t.complete(second)
        #expect(try t.takeOne(.undos).payload == "1")
    }

    @Test("a step that was never confirmed is undone too, and marked uncertain")
    func uncertain() throws {
        let transaction = try t.begin()
        try t.step(transaction)
        try t.step(transaction, confirm: false)
        try t.step(transaction, undo: nil, confirm: false)
        try t.step(transaction, undo: nil)
        try t.rollback(transaction)
        #expect(try t.steps(transaction).map(\.uncertain) == [false, true, true, false])
        try t.complete(try t.takeOne(.undos))
        try t.complete(try t.takeOne(.undos))
        #expect(try t.steps(transaction).map(\.uncertain) == [false, true, true, false])
        #expect(try t.state(ofTransaction: transaction) == .rolledBack)
    }

    @Test("steps without an undo are passed over, wherever they are, when their turn has come")
    func passedOver() throws {
        let transaction = try t.begin()
        try t.step(transaction, undo: nil)
        try t.step(transaction, "2")
        try t.step(transaction, undo: nil)
        try t.step(transaction, undo: nil)
        try t.step(transaction, "5")
        try t.step(transaction, undo: nil)
        try t.rollback(transaction)
        #expect(
            try t.steps(transaction).map(\.state)
                == [.confirmed, .confirmed, .confirmed, .confirmed, .undoing, .passed])
        try t.complete(try t.takeOne(.undos))
        #expect(
            try t.steps(transaction).map(\.state) == [.confirmed, .undoing, .passed, .passed, .undone, .passed])
        try t.complete(try t.takeOne(.undos))
        #expect(try t.steps(transaction).map(\.state) == [.passed, .undone, .passed, .passed, .undone, .passed])
        #expect(try t.state(ofTransaction: transaction) == .rolledBack)
    }

    @Test("a rollback with nothing to undo ends at once")
    func nothingToUndo() throws {
        let transaction = try t.begin()
        try t.step(transaction, undo: nil)
        let answer = try t.call(Transaction.Rollback(transaction: transaction))
        #expect(answer == Transaction.EndAnswer(state: .rolledBack, steps: 1, reason: "by call"))
        #expect(try t.steps(transaction).map(\.state) == [.passed])
    }

    @Test("undos go to their own queues, urgent and around the queue's limits; a worker that waits gets them")
    func queues() throws {
        var settings = EngineSettings()
        settings.queueMaxSize = 1
        settings.queueMaxCount = 1
        let t = try TestEngine(settings: settings)
        let ordinary = try t.enqueue(.mail, priority: 1)
        let transaction = try t.begin()
        try t.step(transaction, undo: .mail, "1")
        try t.step(transaction, undo: .undoOfAda, "2")
        let waiting = t.sendWait(.undoOfAda)
        try t.rollback(transaction)
        let undo = try #require(try t.answer(waiting)?.operations.first)
        #expect(undo.payload == "2")
        try t.complete(undo)
        #expect(try t.take(.mail, max: 5).map(\.payload) == ["1", "null"])
        #expect(try t.state(ordinary) == .leased)
    }

    @Test("an undo carries the transaction's correlation")
    func correlation() throws {
        let begun = try t.call(Transaction.Begin(name: .deploy), meta: Meta(correlation: .task))
        try t.step(begun.transaction)
        try t.rollback(begun.transaction)
        #expect(try t.takeOne(.undos).correlation == .task)
    }

    @Test("why it was rolled back is kept, without secrets")
    func reason() throws {
        let transaction = try t.begin()
        try t.step(transaction)
        try t.call(Transaction.Rollback(transaction: transaction, reason: "login failed, password=hunter2"))
        let reason = try #require(try t.call(Transaction.Get(transaction: transaction)).info.reason)
        #expect(reason.contains("login failed"))
        #expect(!reason.contains("hunter2"))
        let long = Transaction.Rollback(transaction: transaction, reason: String(repeating: "r", count: 1_025))
        #expect(try t.refusal(long)?.field == "reason")
    }

    @Test("an undo that used up its attempts parks the transaction, is reported, and the ones before it stay")
    func parked() throws {
        let transaction = try t.begin()
        try t.step(transaction, "1")
        try t.step(transaction, "2", policy: .every(10, maxAttempts: 2))
        try t.rollback(transaction)
        try t.fail(try t.takeOne(.undos))
        try t.pass(10)
        let last = try t.takeOne(.undos)
        #expect(try t.fail(last).state == .dead)
        let got = try t.call(Transaction.Get(transaction: transaction))
        #expect(got.info.state == .parked)
        #expect(got.info.endedAt == nil)
        #expect(got.info.reason?.contains("step 2") == true)
        #expect(got.steps.map(\.state) == [.confirmed, .parked])
        #expect(try t.reported() == ["process.transaction_parked"])
        try t.pass(365 * 86_400_000)
        #expect(try t.state(ofTransaction: transaction) == .parked, "it waits for a person, for however long")
        #expect(try t.state(last.operation) == .dead)
        #expect(try t.take(.undos).isEmpty)
        #expect(try t.rollback(transaction) == .parked)
    }

    @Test("an undo whose workers vanish parks the transaction, too")
    func poison() throws {
        let transaction = try t.begin()
        try t.step(transaction, policy: .every(10, maxAttempts: 1))
        try t.rollback(transaction)
        _ = try t.takeOne(.undos, leaseMs: 1_000)
        try t.pass(1_000)
        #expect(try t.state(ofTransaction: transaction) == .parked)
        #expect(try t.steps(transaction).map(\.state) == [.parked])
        #expect(try t.reported() == ["process.transaction_parked", "process.lease_ended"])
    }

    @Test("an undo cannot be cancelled or replayed, by nobody; nor does a replay of its queue touch it")
    func undosAreKept() throws {
        let transaction = try t.begin()
        try t.step(transaction, policy: .every(10, maxAttempts: 1))
        try t.rollback(transaction)
        let undo = try #require(try t.steps(transaction)[0].operation)
        for caller in [Caller.ada, .root] {
            #expect(try t.refusal(Queue.Cancel(operation: undo), as: caller)?.reason == .conflict)
        }
        try t.fail(try t.takeOne(.undos))
        for caller in [Caller.ada, .root] {
            #expect(try t.refusal(Queue.Cancel(operation: undo), as: caller)?.reason == .conflict)
            #expect(try t.refusal(Queue.Replay(operation: undo), as: caller)?.reason == .conflict)
            #expect(try t.call(Queue.Replay(queue: .undos), as: caller).replayed == 0)
        }
        #expect(try t.state(undo) == .dead)
    }

    @Test("a paused queue holds an undo back, visibly, and goes on after it")
    func paused() throws {
        let transaction = try t.begin()
        try t.step(transaction)
        try t.rollback(transaction)
        try t.call(Queue.Pause(queue: .undos), as: .root)
        #expect(try t.take(.undos).isEmpty)
        #expect(try t.steps(transaction).map(\.state) == [.undoing])
        try t.call(Queue.Resume(queue: .undos), as: .root)
        try t.complete(try t.takeOne(.undos))
        #expect(try t.state(ofTransaction: transaction) == .rolledBack)
    }

    @Test("an undo that is completed twice undoes the step before it once")
    func completedTwice() throws {
        let transaction = try t.begin()
        try t.step(transaction)
        try t.step(transaction)
        try t.rollback(transaction)
        let undo = try t.takeOne(.undos)
        try t.complete(undo)
        try t.complete(undo)
        #expect(try t.counts(.undos).ready == 1)
        #expect(try t.steps(transaction).map(\.state) == [.undoing, .undone])
    }
}
