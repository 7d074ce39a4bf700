import MendProtocol
import MendWire
import Testing

@testable import MendEngine

@Suite("Transactions that go well, and calls that are refused")
struct TransactionCallTests {
    private let t: TestEngine
    init() throws { t = try TestEngine() }

    @Test("begin tells the deadline: an hour away where nothing is said")
    func begin() throws {
        let first = try t.call(Transaction.Begin(name: .deploy))
        #expect(first.deadlineAt == t.now.wallMs + 3_600_000)
        let second = try t.call(Transaction.Begin(name: .deploy, timeoutMs: PositiveMilliseconds(unchecked: 5)))
        #expect(second.deadlineAt == t.now.wallMs + 5)
        #expect(second.transaction > first.transaction)
        let info = try t.call(Transaction.Get(transaction: second.transaction)).info
        #expect(info.state == .active)
        #expect(info.name == .deploy)
        #expect(info.uid == 1000)
        #expect(info.begunAt == t.now.wallMs)
        #expect(info.deadlineAt == second.deadlineAt)
    }

    @Test("a step and its undo are recorded before the step is done, and confirmed after it")
    func confirm() throws {
        let transaction = try t.begin()
        #expect(try t.step(transaction, confirm: false) == 1)
        #expect(try t.step(transaction, undo: nil, confirm: false) == 2)
        #expect(try t.call(Transaction.Confirm(transaction: transaction, step: 1)).state == .confirmed)
        #expect(try t.call(Transaction.Confirm(transaction: transaction, step: 1)).state == .confirmed)
        let steps = try t.steps(transaction)
        #expect(steps.map(\.state) == [.confirmed, .recorded])
        #expect(steps.map(\.queue) == [.undos, nil])
        #expect(steps.map(\.name) == ["a step", "a step"])
        #expect(try t.number("SELECT count(*) FROM operations") == 0, "nothing is undone yet")
    }

    @Test("commit confirms what is not yet confirmed, and no undo ever runs")
    func commit() throws {
        let transaction = try t.begin(timeoutMs: 1_000)
        try t.step(transaction)
        try t.step(transaction, confirm: false)
        let answer = try t.call(Transaction.Commit(transaction: transaction))
        #expect(answer == Transaction.EndAnswer(state: .committed, steps: 2))
        let got = try t.call(Transaction.Get(transaction: transaction))
        #expect(got.info.state == .committed)
        #expect(got.info.endedAt == t.now.wallMs)
        #expect(got.info.deadlineAt == nil)
        #expect(got.steps.map(\.state) == [.confirmed, .confirmed])
        try t.pass(1_000)
        #expect(try t.state(ofTransaction: transaction) == .committed)
        #expect(try t.take(.undos).isEmpty)
    }

    @Test("commit said again answers the same, and rollback is a conflict then")
    func commitAgain() throws {
        let transaction = try t.begin()
        try t.step(transaction)
        try t.call(Transaction.Commit(transaction: transaction))
        #expect(
            try t.call(Transaction.Commit(transaction: transaction))
                == Transaction.EndAnswer(state: .committed, steps: 1))
        #expect(try t.refusal(Transaction.Rollback(transaction: transaction))?.reason == .conflict)
        #expect(try t.refusal(Transaction.Step(transaction: transaction, name: "s"))?.reason == .conflict)
        #expect(try t.refusal(Transaction.Confirm(transaction: transaction, step: 1))?.reason == .conflict)
        #expect(try t.state(ofTransaction: transaction) == .committed)
    }

    @Test("a transaction without steps commits and rolls back, too")
    func empty() throws {
        let committed = try t.begin()
        #expect(try t.call(Transaction.Commit(transaction: committed)).steps == 0)
        #expect(try t.rollback(try t.begin()) == .rolledBack)
    }

    @Test("once a rollback has begun, step, confirm and commit are a conflict that says why")
    func conflict() throws {
        let transaction = try t.begin()
        try t.step(transaction)
        try t.call(Transaction.Rollback(transaction: transaction, reason: "health check failed"))
        let refusals = [
            try t.refusal(Transaction.Step(transaction: transaction, name: "s")),
            try t.refusal(Transaction.Confirm(transaction: transaction, step: 1)),
            try t.refusal(Transaction.Commit(transaction: transaction)),
        ]
        for refusal in refusals {
            #expect(refusal?.reason == .conflict)
            #expect(refusal?.hint?.contains("health check failed") == true)
        }
        #expect(try t.steps(transaction).map(\.state) == [.undoing])
    }

    @Test("rollback said again tells how far it is, and undoes nothing twice")
    func rollbackAgain() throws {
        let transaction = try t.begin()
        try t.step(transaction)
        #expect(try t.rollback(transaction) == .rollingBack)
        #expect(try t.rollback(transaction) == .rollingBack)
        try t.complete(try t.takeOne(.undos))
        #expect(try t.rollback(transaction) == .rolledBack)
        #expect(try t.number("SELECT count(*) FROM operations") == 1)
    }

    @Test("a transaction belongs to who began it; that user or an operator acts on it")
    func ownership() throws {
        let transaction = try t.begin()
        try t.step(transaction, confirm: false)
        #expect(
            try t.refusal(Transaction.Step(transaction: transaction, name: "s"), as: .bob)?.reason == .permissionDenied)
        #expect(
            try t.refusal(Transaction.Confirm(transaction: transaction, step: 1), as: .bob)?.reason
                == .permissionDenied)
        #expect(try t.refusal(Transaction.Commit(transaction: transaction), as: .bob)?.reason == .permissionDenied)
        #expect(try t.refusal(Transaction.Rollback(transaction: transaction), as: .bob)?.reason == .permissionDenied)
        #expect(try t.steps(transaction).map(\.state) == [.recorded])
        try t.call(Transaction.Confirm(transaction: transaction, step: 1), as: .root)
        #expect(try t.rollback(transaction, as: .root) == .rollingBack)
        #expect(try t.takeOne(.undos).uid == 1000, "the undo is the owner's, whoever rolled back")
        let other = try t.begin()
        try t.call(Transaction.Commit(transaction: other))
        #expect(try t.refusal(Transaction.Commit(transaction: other), as: .bob)?.reason == .permissionDenied)
    }

    @Test("an undo goes to undo.UID of nobody but the caller")
    func undoQueue() throws {
        let transaction = try t.begin()
        let foreign = Transaction.Undo(queue: .undoOfBob, payload: "1")
        let error = try t.refusal(Transaction.Step(transaction: transaction, name: "s", undo: foreign))
        #expect(error?.reason == .permissionDenied)
        #expect(error?.field == "undo.queue")
        #expect(try t.step(transaction, undo: .undoOfAda) == 1)
    }

    @Test("a step is refused before it is recorded: its undo's policy, its undo's size, its own name")
    func badSteps() throws {
        var settings = EngineSettings()
        settings.answerMaxBytes = 4_000
        let t = try TestEngine(settings: settings)
        let transaction = try t.begin()
        func refused(_ undo: Transaction.Undo?, name: String = "s") throws -> String? {
            try t.refusal(Transaction.Step(transaction: transaction, name: name, undo: undo))?.field
        }
        #expect(
            try refused(Transaction.Undo(queue: .undos, payload: "1", policy: .named(.nowhere))) == "undo.policy")
        let long = RawJSON.string(String(repeating: "x", count: 3_000))
        #expect(try refused(Transaction.Undo(queue: .undos, payload: long)) == "undo.payload")
        #expect(try refused(nil, name: String(repeating: "n", count: 257)) == "name")
        #expect(try t.step(transaction) == 1)
    }

    @Test("a transaction has at most so many steps; it can still be rolled back")
    func tooManySteps() throws {
        var settings = EngineSettings()
        settings.transactionMaxSteps = 3
        let t = try TestEngine(settings: settings)
        let transaction = try t.begin()
        for _ in 0..<3 { try t.step(transaction) }
        #expect(try t.refusal(Transaction.Step(transaction: transaction, name: "s"))?.reason == .tooLarge)
        #expect(try t.rollback(transaction) == .rollingBack)
    }

    @Test("a step or transaction that is not there is not found")
    func notFound() throws {
        let transaction = try t.begin()
        #expect(try t.refusal(Transaction.Confirm(transaction: transaction, step: 1))?.field == "step")
        try t.step(transaction)
        for step: Int64 in [-1, 0, 2] {
            #expect(try t.refusal(Transaction.Confirm(transaction: transaction, step: step))?.reason == .notFound)
        }
        #expect(try t.refusal(Transaction.Commit(transaction: 99))?.reason == .notFound)
        #expect(try t.refusal(Transaction.Get(transaction: 99))?.field == "transaction")
    }

    @Test("transactions are listed newest first, page by page, by state")
    func list() throws {
        let ids = try (0..<5).map { _ in try t.begin() }
        try t.call(Transaction.Commit(transaction: ids[2]))
        func list(_ list: Transaction.List) throws -> [Int64] { try t.read(list).transactions.map(\.transaction) }
        #expect(try list(Transaction.List()) == ids.reversed())
        #expect(try list(Transaction.List(state: .committed)) == [ids[2]])
        let page = try t.read(Transaction.List(limit: PageSize(2)))
        #expect(page.transactions.map(\.transaction) == [ids[4], ids[3]])
        #expect(try list(Transaction.List(limit: PageSize(3), after: page.next)) == [ids[2], ids[1], ids[0]])
        #expect(try t.read(Transaction.List(limit: PageSize(3), after: page.next)).next == nil)
    }
}
