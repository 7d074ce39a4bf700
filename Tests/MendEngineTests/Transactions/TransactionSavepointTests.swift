import MendProtocol
import MendWire
import Testing

@testable import MendEngine

@Suite("Rollbacks to a step")
struct TransactionSavepointTests {
    private let t: TestEngine
    init() throws { t = try TestEngine() }

    /// A transaction with this many steps, each with its number as its undo's payload.
    private func begin(
        steps: Int, timeoutMs: Int64? = nil, onDeadline: Transaction.Begin.OnDeadline? = nil, owner: Owner? = nil
    ) throws -> Int64 {
        let transaction = try t.begin(timeoutMs: timeoutMs, onDeadline: onDeadline, owner: owner)
        for step in 1...steps { try t.step(transaction, RawJSON(unchecked: "\(step)")) }
        return transaction
    }

    @Test("a rollback to a step undoes the steps after it, last-first, and ends in active again")
    func savepoint() throws {
        let transaction = try begin(steps: 4)
        #expect(try t.rollback(transaction, toStep: 2) == .rollingBack)
        #expect(try t.info(transaction).toStep == 2)
        #expect(try t.undo() == "4")
        #expect(try t.undo() == "3")
        let info = try t.info(transaction)
        #expect(info.state == .active)
        #expect(info.toStep == nil)
        #expect(info.reason == nil)
        #expect(try t.take(.undos).isEmpty)
        #expect(try t.steps(transaction).map(\.state) == [.confirmed, .confirmed, .undone, .undone])
        #expect(try t.step(transaction, "5") == 5)
        try t.rollback(transaction)
        #expect(try [t.undo(), t.undo(), t.undo()] == ["5", "2", "1"])
        #expect(try t.state(ofTransaction: transaction) == .rolledBack)
        #expect(
            try t.events(of: transaction) == [
                "transaction.rolling_back", "transaction.rolled_back_to", "transaction.rolling_back",
                "transaction.rolled_back",
            ])
    }

    @Test("what was rolled back to a step can be committed")
    func commit() throws {
        let transaction = try begin(steps: 2)
        try t.rollback(transaction, toStep: 1)
        #expect(try t.refusal(Transaction.Commit(transaction: transaction))?.reason == .conflict)
        #expect(try t.refusal(Transaction.Step(transaction: transaction, name: "s"))?.reason == .conflict)
        try t.undo()
        #expect(try t.call(Transaction.Commit(transaction: transaction)).state == .committed)
        #expect(try t.take(.undos).isEmpty)
        #expect(try t.steps(transaction).map(\.state) == [.confirmed, .undone])
    }

    @Test("a step that was rolled back is not confirmed any more, and so not undone twice")
    func confirmedAfterwards() throws {
        let transaction = try begin(steps: 2)
        try t.rollback(transaction, toStep: 1)
        try t.undo()
        let refusal = try t.refusal(Transaction.Confirm(transaction: transaction, step: 2))
        #expect(refusal?.reason == .conflict)
        #expect(refusal?.field == "step")
        try t.rollback(transaction)
        #expect(try t.undo() == "1")
        #expect(try t.state(ofTransaction: transaction) == .rolledBack)
    }

    @Test("to the beginning, to where it is, to where it is not")
    func bounds() throws {
        let transaction = try begin(steps: 2)
        #expect(try t.rollback(transaction, toStep: 2) == .active, "there is nothing to undo")
        for step: Int64 in [-1, 3] {
            let refusal = try t.refusal(Transaction.Rollback(transaction: transaction, toStep: step))
            #expect(refusal?.reason == .notFound)
            #expect(refusal?.field == "to_step")
        }
        #expect(try t.rollback(transaction, toStep: 0) == .rollingBack)
        #expect(try [t.undo(), t.undo()] == ["2", "1"])
        #expect(try t.state(ofTransaction: transaction) == .active)
    }

    @Test("said again it goes no further, and further down where it is asked to")
    func again() throws {
        let transaction = try begin(steps: 4)
        try t.rollback(transaction, toStep: 2)
        #expect(try t.rollback(transaction, toStep: 3) == .rollingBack)
        #expect(try t.info(transaction).toStep == 2)
        try t.rollback(transaction, toStep: 1)
        #expect(try [t.undo(), t.undo(), t.undo()] == ["4", "3", "2"])
        #expect(try t.state(ofTransaction: transaction) == .active)
        #expect(try t.rollback(transaction, toStep: 1) == .active)
    }

    @Test("a full rollback that is called meanwhile continues it as a full one")
    func becomesFull() throws {
        let transaction = try begin(steps: 3)
        try t.rollback(transaction, toStep: 2)
        try t.call(Transaction.Rollback(transaction: transaction, reason: "give up"))
        #expect(try t.info(transaction).toStep == nil)
        #expect(try t.refusal(Transaction.Rollback(transaction: transaction, toStep: 1))?.reason == .conflict)
        #expect(try [t.undo(), t.undo(), t.undo()] == ["3", "2", "1"])
        let info = try t.info(transaction)
        #expect(info.state == .rolledBack)
        #expect(info.reason == "give up")
    }

    @Test("the deadline keeps running, and one that passes meanwhile continues it as a full one")
    func deadline() throws {
        let transaction = try begin(steps: 2, timeoutMs: 1_000)
        try t.rollback(transaction, toStep: 1)
        #expect(try t.info(transaction).deadlineAt == t.now.wallMs + 1_000)
        try t.pass(999)
        #expect(try t.info(transaction).toStep == 1)
        try t.pass(1)
        #expect(try t.info(transaction).toStep == nil)
        #expect(try t.info(transaction).reason == "its deadline passed")
        #expect(try [t.undo(), t.undo()] == ["2", "1"])
        #expect(try t.state(ofTransaction: transaction) == .rolledBack)

        let later = try begin(steps: 2, timeoutMs: 1_000)
        try t.rollback(later, toStep: 1)
        try t.undo()
        try t.pass(1_000)
        #expect(try t.state(ofTransaction: later) == .rollingBack)
    }

    @Test("where the deadline parks, the rollback to the step ends first")
    func deadlineParks() throws {
        let transaction = try begin(steps: 2, timeoutMs: 1_000, onDeadline: .park)
        try t.rollback(transaction, toStep: 1)
        try t.pass(1_000)
        #expect(try t.state(ofTransaction: transaction) == .rollingBack)
        try t.undo()
        #expect(try t.state(ofTransaction: transaction) == .parked)
        #expect(try t.steps(transaction).map(\.state) == [.confirmed, .undone])
    }

    @Test("an owner that ends meanwhile is as good as the deadline", arguments: [false, true])
    func ownerEnds(parks: Bool) throws {
        let owner = TestEngine.connection()
        let transaction = try begin(steps: 2, onDeadline: parks ? .park : .rollback, owner: owner)
        try t.rollback(transaction, toStep: 1)
        try t.end(owner)
        #expect(try t.undo() == "2")
        #expect(try t.state(ofTransaction: transaction) == (parks ? .parked : .rollingBack))
        #expect(try t.info(transaction).reason == "its owner ended")
    }

    @Test("a rollback to a step that parks ends in active when it was resumed")
    func parked() throws {
        let transaction = try begin(steps: 2)
        try t.rollback(transaction, toStep: 1)
        try t.exhaustUndo()
        #expect(try t.state(ofTransaction: transaction) == .parked)
        try t.call(Transaction.Resume(transaction: transaction))
        #expect(try t.undo() == "2")
        #expect(try t.state(ofTransaction: transaction) == .active)
    }

    @Test("who waits for a rollback to a step is answered when the transaction is active again")
    func wait() throws {
        let transaction = try begin(steps: 2)
        let waiting = t.send(
            Transaction.Rollback(transaction: transaction, toStep: 1, waitMs: Milliseconds(unchecked: 1_000)))
        try t.commit()
        #expect(try t.answer(waiting) == nil)
        try t.undo()
        #expect(try t.answer(waiting)?.state == .active)
    }
}
