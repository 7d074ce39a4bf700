import MendProtocol
import Testing

@testable import MendEngine

@Suite("system.explain of transactions")
struct ExplainTransactionTests {
    let t: TestEngine

    init() throws { t = try TestEngine() }

    private func explain(_ transaction: Int64) throws -> System.Explain.Answer {
        try t.read(System.Explain(.transaction(transaction)))
    }

    @Test("an active one tells what it is tied to, and what the end of that means")
    func tied() throws {
        let process = ProcessIdentity(pid: 4711, uid: 1000, startTicks: 5, bootID: "b")
        let byProcess = try t.begin(owner: .process(process))
        #expect(
            try explain(byProcess).why == [
                "0 steps written down, 0 confirmed",
                "it is tied to the process 4711: when that ends, it is rolled back",
            ])
        let byConnection = try t.begin(onDeadline: .park, owner: TestEngine.connection())
        #expect(
            try explain(byConnection).why.last == "it is tied to the connection: when that ends, it is parked")
    }

    @Test("a committed one counts what is done for good, not what was passed over or undone before")
    func committed() throws {
        let transaction = try t.begin()
        for _ in 0..<3 { try t.step(transaction) }
        try t.rollback(transaction, toStep: 1)
        try t.undo()
        try t.exhaustUndo()
        try t.call(Transaction.Skip(transaction: transaction), as: .root)
        try t.call(Transaction.Commit(transaction: transaction))
        let said = try explain(transaction)
        #expect(
            said.why == [
                "1 step done for good", "1 step undone", "1 step passed over: what was to undo them did not run",
            ])
        #expect(said.next?.what == "it is forgotten")
    }

    @Test("a resolved one says which of its steps were not undone")
    func resolved() throws {
        let transaction = try t.begin()
        for _ in 0..<2 { try t.step(transaction) }
        try t.rollback(transaction)
        try t.exhaustUndo()
        try t.call(Transaction.Resolve(transaction: transaction, reason: "repaired by hand"), as: .root)
        let said = try explain(transaction)
        #expect(said.why.first == "it was rolled back or parked, or ended by hand, because: repaired by hand")
        #expect(said.why.last == "2 steps passed over: what was to undo them did not run")
        #expect(!said.why.contains("its steps are undone, the last first"))
    }

    @Test("one that its deadline parked tells of no undo that failed, and who can end it")
    func parkedByDeadline() throws {
        let transaction = try t.begin(timeoutMs: 1000, onDeadline: .park)
        try t.step(transaction)
        try t.pass(1001)
        let said = try explain(transaction)
        #expect(
            said.why == [
                "it was rolled back or parked because: its deadline passed",
                "none of its undos has failed: none is under way",
            ])
        #expect(
            said.hint == "transaction.resume undoes its steps; an operator can end it by hand with transaction.resolve")
        try t.call(Transaction.Resume(transaction: transaction))
        try t.undo()
        #expect(try explain(transaction).why.contains("its steps are undone, the last first"))
    }

    @Test("one that stopped at an undo names what goes on from there")
    func parkedByUndo() throws {
        let transaction = try t.begin()
        try t.step(transaction)
        try t.rollback(transaction)
        #expect(try explain(transaction).hint?.contains("transaction.skip") == true)
        try t.takeOne(.undos, leaseMs: 1000)
        #expect(try explain(transaction).hint == nil)
        try t.pass(1001)
        try t.exhaustUndo()
        let hint = try #require(try explain(transaction).hint)
        for call in ["resume", "skip", "resolve"] { #expect(hint.contains("transaction.\(call)")) }
    }

    @Test("one that waits for a step that was never confirmed says so, and until when")
    func grace() throws {
        let transaction = try t.begin(timeoutMs: 1000, stepGraceMs: 5000)
        try t.step(transaction, confirm: false)
        try t.pass(1000)
        let said = try explain(transaction)
        #expect(
            said.why.last == "a step of it was never confirmed, and may still be under way: that is waited for")
        #expect(said.next == .init(at: t.now.wallMs + 5000, what: "its steps are undone"))
    }
}
