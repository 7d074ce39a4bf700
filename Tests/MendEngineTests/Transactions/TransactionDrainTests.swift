import MendProtocol
import MendWire
import Testing

@testable import MendEngine

@Suite("Undos that nobody takes")
struct TransactionDrainTests {
    private let t: TestEngine
    init() throws { t = try TestEngine() }

    private func reports() throws -> [String] {
        try t.read(Errors.List()).errors.filter { $0.code == "process.transaction_undrained" }.map(\.severity.rawValue)
    }

    private func rollBack() throws {
        let transaction = try t.begin()
        try t.step(transaction)
        try t.rollback(transaction)
    }

    @Test("a rollback whose queue has had no consumer for a minute is reported as a high error, and every hour again")
    func reported() throws {
        try rollBack()
        try t.pass(59_000)
        #expect(try reports() == [])
        try t.pass(1_000)
        #expect(try reports() == ["high"])
        try t.pass(3_599_000)
        #expect(try reports().count == 1)
        try t.pass(1_000)
        #expect(try reports().count == 2)
        #expect(try t.read(Events.List()).events.count { $0.kind == .transactionUndrained } == 2)
    }

    @Test("one whose queue has a consumer is not: one that comes by, one that waits, one that is at it")
    func drained() throws {
        try rollBack()
        try t.pass(30_000)
        for _ in 0..<10 {
            let undo = try #require(try t.take(.mail, .undos).first)
            try t.call(Queue.Release(operation: undo.operation, lease: undo.lease))
            try t.pass(50_000)
        }
        #expect(try reports() == [])
        try t.undo()
        let waiting = t.sendWait(.low, waitMs: 600_000)
        try t.commit()
        let transaction = try t.begin()
        try t.step(transaction, undo: .low, policy: .every(300_000))
        try t.rollback(transaction)
        let undo = try #require(try t.answer(waiting)?.operations.first)
        try t.fail(undo)
        try t.pass(200_000)
        #expect(try reports() == [], "it backs off")
    }

    @Test("it is looked at again after a restart")
    func restart() throws {
        try rollBack()
        try t.restart()
        try t.pass(60_000)
        #expect(try reports() == ["high"])
    }

    @Test("a step warns where nobody has ever taken anything from the queue of its undo, also after a restart")
    func warning() throws {
        let transaction = try t.begin()
        let step = Transaction.Step(
            transaction: transaction, name: "s", undo: Transaction.Undo(queue: .undos, payload: "1"))
        #expect(try t.call(step).warnings?.first?.contains("nobody has ever taken") == true)
        #expect(try t.call(Transaction.Step(transaction: transaction, name: "s")).warnings == nil)
        try t.enqueue(.undos)
        try t.takeOne(.undos)
        try t.restart()
        #expect(try t.call(step).warnings == nil)
        let waiting = t.sendWait(.low)
        try t.commit()
        let other = Transaction.Step(
            transaction: transaction, name: "s", undo: Transaction.Undo(queue: .low, payload: "1"))
        #expect(try t.call(other).warnings == nil, "somebody waits on it")
        #expect(try t.got(waiting) == nil)
    }

    @Test(
        "begin warns where nobody has ever taken undos from the caller's own queue; a worker that only asked is enough")
    func begin() throws {
        let begin = Transaction.Begin(name: .deploy)
        #expect(try t.call(begin).warnings == nil, "it was never used")
        let own = Name(unchecked: "undo.1000")
        let transaction = try t.begin()
        try t.step(transaction, undo: own)
        try t.rollback(transaction)
        #expect(try t.call(begin).warnings?.count == 1)
        let bob = Name(unchecked: "undo.1001")
        #expect(try t.take(bob, as: .bob).isEmpty)
        try t.restart()
        let his = try t.call(Transaction.Begin(name: .deploy), as: .bob).transaction
        let step = Transaction.Step(transaction: his, name: "s", undo: Transaction.Undo(queue: bob, payload: "1"))
        #expect(try t.call(step, as: .bob).warnings == nil)
    }
}
