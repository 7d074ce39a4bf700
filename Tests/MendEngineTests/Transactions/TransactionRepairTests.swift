import MendProtocol
import MendWire
import Testing

@testable import MendEngine

@Suite("Rollbacks that are stuck, and what gets them going")
struct TransactionRepairTests {
    private let t: TestEngine
    init() throws { t = try TestEngine() }

    /// A transaction whose undo of step 2 of 3 has used up its attempts.
    private func stuck() throws -> Int64 {
        let transaction = try t.begin()
        for payload: RawJSON in ["1", "2", "3"] { try t.step(transaction, payload) }
        try t.rollback(transaction)
        try t.undo()
        try t.exhaustUndo()
        try #require(try t.state(ofTransaction: transaction) == .parked)
        return transaction
    }

    @Test("resume gives the stuck undo all its attempts again")
    func resume() throws {
        let transaction = try stuck()
        #expect(try t.call(Transaction.Resume(transaction: transaction)).state == .rollingBack)
        #expect(try t.call(Transaction.Resume(transaction: transaction)).state == .rollingBack, "said again")
        let undo = try t.takeOne(.undos)
        #expect(undo.payload == "2")
        #expect(undo.attempt == 1)
        try t.complete(undo)
        #expect(try t.undo() == "1")
        let info = try t.info(transaction)
        #expect(info.state == .rolledBack)
        #expect(info.incomplete == nil)
        #expect(
            try t.events(of: transaction) == [
                "transaction.rolling_back", "transaction.parked", "transaction.resumed", "transaction.rolled_back",
            ])
    }

    @Test("resume begins the rollback of one that was parked by its deadline")
    func resumeDeadline() throws {
        let transaction = try t.begin(timeoutMs: 1_000, onDeadline: .park)
        try t.step(transaction, confirm: false)
        try t.pass(1_000)
        try t.call(Transaction.Resume(transaction: transaction))
        try t.undo()
        #expect(try t.state(ofTransaction: transaction) == .rolledBack)
    }

    @Test("skip passes over the stuck undo, and the end is incomplete")
    func skip() throws {
        let transaction = try stuck()
        let answer = try t.call(Transaction.Skip(transaction: transaction, reason: "by hand"), as: .root)
        #expect(answer.state == .rollingBack)
        #expect(try t.undo() == "1")
        let info = try t.info(transaction)
        #expect(info.state == .rolledBack)
        #expect(info.incomplete == true)
        #expect(try t.steps(transaction).map(\.state) == [.undone, .skipped, .undone])
        #expect(try t.events(of: transaction).contains("transaction.skipped"))
    }

    @Test("skip takes an undo that nobody takes from its queue, and none that a worker is at")
    func skipWaiting() throws {
        let transaction = try t.begin()
        try t.step(transaction, "1")
        try t.step(transaction, "2")
        try t.rollback(transaction)
        let leased = try t.takeOne(.undos)
        #expect(try t.refusal(Transaction.Skip(transaction: transaction, step: 2), as: .root)?.reason == .conflict)
        try t.call(Queue.Release(operation: leased.operation, lease: leased.lease))
        #expect(
            try t.refusal(Transaction.Skip(transaction: transaction), as: .root)?.reason == .conflict,
            "it was not given up")
        #expect(try t.refusal(Transaction.Skip(transaction: transaction, step: 1), as: .root)?.reason == .conflict)
        try t.call(Transaction.Skip(transaction: transaction, step: 2), as: .root)
        #expect(
            try t.refusal(Transaction.Skip(transaction: transaction, step: 2), as: .root)?.reason == .conflict,
            "said twice it passes over one")
        #expect(try t.state(leased.operation) == .cancelled)
        #expect(try t.undo() == "1")
        #expect(try t.info(transaction).incomplete == true)
    }

    @Test("resolve ends it as handled by a person: no other undo runs")
    func resolve() throws {
        let transaction = try stuck()
        let answer = try t.call(
            Transaction.Resolve(transaction: transaction, reason: "restored, password=hunter2"), as: .root)
        #expect(answer.state == .rolledBack)
        #expect(answer.incomplete == true)
        #expect(answer.reason?.hasPrefix("restored") == true)
        #expect(answer.reason?.contains("hunter2") == false)
        #expect(try t.steps(transaction).map(\.state) == [.skipped, .skipped, .undone])
        #expect(try t.take(.undos).isEmpty)
        #expect(try t.events(of: transaction).last == "transaction.resolved")
        let again = try t.call(Transaction.Resolve(transaction: transaction, reason: "again"), as: .root)
        #expect(again == answer)
    }

    @Test("resolve ends one that was parked by its deadline, and one whose undo nobody takes")
    func resolveOthers() throws {
        let parked = try t.begin(timeoutMs: 1_000, onDeadline: .park)
        try t.step(parked, undo: nil)
        try t.pass(1_000)
        try t.call(Transaction.Resolve(transaction: parked, reason: "fine"), as: .root)
        #expect(try t.steps(parked).map(\.state) == [.passed])
        let undrained = try t.begin()
        try t.step(undrained)
        try t.rollback(undrained)
        try t.call(Transaction.Resolve(transaction: undrained, reason: "fine"), as: .root)
        #expect(try t.take(.undos).isEmpty)
        #expect(try t.state(ofTransaction: undrained) == .rolledBack)
    }

    @Test("resolve needs a reason")
    func resolveReason() throws {
        let transaction = try stuck()
        let refusal = try t.refusal(Transaction.Resolve(transaction: transaction, reason: ""), as: .root)
        #expect(refusal?.field == "reason")
    }

    @Test("none of them touches a transaction that is active or has ended")
    func conflicts() throws {
        let active = try t.begin()
        let committed = try t.begin()
        try t.call(Transaction.Commit(transaction: committed))
        for transaction in [active, committed] {
            #expect(try t.refusal(Transaction.Resume(transaction: transaction))?.reason == .conflict)
            #expect(try t.refusal(Transaction.Skip(transaction: transaction), as: .root)?.reason == .conflict)
            let resolve = Transaction.Resolve(transaction: transaction, reason: "r")
            #expect(try t.refusal(resolve, as: .root)?.reason == .conflict)
        }
        let parked = try t.begin(timeoutMs: 1_000, onDeadline: .park)
        try t.pass(1_000)
        #expect(try t.refusal(Transaction.Skip(transaction: parked), as: .root)?.reason == .conflict)
    }

    @Test("the owner may resume, others may not; skip and resolve are an operator's")
    func roles() throws {
        let transaction = try stuck()
        #expect(try t.refusal(Transaction.Resume(transaction: transaction), as: .bob)?.reason == .permissionDenied)
        #expect(Transaction.Resume.role == .client)
        #expect(Transaction.Skip.role == .operator)
        #expect(Transaction.Resolve.role == .operator)
        #expect(try t.call(Transaction.Resume(transaction: transaction), as: .root).state == .rollingBack)
    }

    @Test("on_exhausted skip goes on with the next undo, and the end is incomplete")
    func onExhaustedSkip() throws {
        let transaction = try t.begin()
        try t.step(transaction, "1")
        try t.step(transaction, "2", onExhausted: .skip)
        try t.step(transaction, "3", onExhausted: .park)
        try t.rollback(transaction)
        try t.undo()
        try t.exhaustUndo()
        #expect(try t.state(ofTransaction: transaction) == .rollingBack)
        #expect(try t.undo() == "1")
        let info = try t.info(transaction)
        #expect(info.state == .rolledBack)
        #expect(info.incomplete == true)
        #expect(try t.steps(transaction).map(\.state) == [.undone, .skipped, .undone])
        #expect(
            try t.events(of: transaction)
                == ["transaction.rolling_back", "transaction.skipped", "transaction.rolled_back"])
    }

    @Test("undos are exempt from retention: they stay as long as their transaction")
    func retention() throws {
        let transaction = try stuck()
        try t.pass(400 * 86_400_000)
        let operations = try t.steps(transaction).compactMap(\.operation)
        #expect(try operations.map { try t.state($0) } == [.dead, .done])
        try t.call(Transaction.Resume(transaction: transaction))
        #expect(try [t.undo(), t.undo()] == ["2", "1"])
        try t.pass(86_400_000)
        #expect(try t.number("SELECT count(*) FROM operations") == 0)
        #expect(try t.miscounted().isEmpty)
    }

    @Test("a rollback of ten steps goes on where it was after a restart at every one of its points")
    func restarts() throws {
        for restartAt in 0..<24 {
            let t = try TestEngine()
            var point = 0
            func passPoint() throws {
                if point == restartAt { try t.restart() }
                point += 1
            }
            let transaction = try t.begin()
            for step in 1...10 { try t.step(transaction, RawJSON(unchecked: "\(step)"), confirm: step % 3 != 0) }
            try passPoint()
            try t.rollback(transaction)
            try passPoint()
            var undone: [String] = []
            for step in (1...10).reversed() {
                var undo = try t.takeOne(.undos)
                try passPoint()
                if step == 4 {
                    try t.call(.fail(undo, .validation))
                    try passPoint()
                    try t.call(Transaction.Resume(transaction: transaction))
                    try passPoint()
                    undo = try t.takeOne(.undos)
                }
                undone.append(undo.payload.text)
                try t.complete(undo)
                try passPoint()
                #expect(try t.counts(.undos).ready == (step == 1 ? 0 : 1), "one at a time")
            }
            #expect(undone == (1...10).reversed().map { "\($0)" })
            #expect(try t.state(ofTransaction: transaction) == .rolledBack)
            #expect(try t.number("SELECT count(*) FROM operations") == 10, "no undo was enqueued twice")
        }
    }
}
