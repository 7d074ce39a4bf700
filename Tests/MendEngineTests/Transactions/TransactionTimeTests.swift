import MendProtocol
import MendWire
import Testing

@testable import MendEngine

@Suite("Transactions, time and restarts")
struct TransactionTimeTests {
    private let t: TestEngine
    init() throws { t = try TestEngine() }

    @Test("a deadline rolls back")
    func deadline() throws {
        let transaction = try t.begin(timeoutMs: 5_000)
        try t.step(transaction)
        try t.pass(4_999)
        #expect(try t.state(ofTransaction: transaction) == .active)
        try t.pass(1)
        let info = try t.call(Transaction.Get(transaction: transaction)).info
        #expect(info.state == .rollingBack)
        #expect(info.reason == "its deadline passed")
        #expect(info.deadlineAt == nil)
        try t.complete(try t.takeOne(.undos))
        #expect(try t.state(ofTransaction: transaction) == .rolledBack)
        #expect(try t.refusal(Transaction.Commit(transaction: transaction))?.reason == .conflict)
    }

    @Test("a deadline parks where that was asked for, and it is reported")
    func park() throws {
        let transaction = try t.begin(timeoutMs: 5_000, onDeadline: .park)
        try t.step(transaction)
        try t.pass(5_000)
        let info = try t.call(Transaction.Get(transaction: transaction)).info
        #expect(info.state == .parked)
        #expect(info.reason == "its deadline passed")
        #expect(try t.reported() == ["process.transaction_parked"])
        #expect(try t.take(.undos).isEmpty)
        #expect(try t.refusal(Transaction.Commit(transaction: transaction))?.reason == .conflict)
        try t.pass(365 * 86_400_000)
        #expect(try t.state(ofTransaction: transaction) == .parked)
    }

    @Test("a deadline is not moved by the wall clock")
    func wallJump() throws {
        let transaction = try t.begin(timeoutMs: 5_000)
        try t.step(transaction)
        t.clock.wallMs += 3_600_000
        try t.pass(4_999)
        #expect(try t.state(ofTransaction: transaction) == .active)
        t.clock.wallMs -= 7_200_000
        try t.pass(1)
        #expect(try t.state(ofTransaction: transaction) == .rollingBack)
    }

    @Test("a commit that waited while the daemon was away is applied before the deadline")
    func commitAfterAway() throws {
        let transaction = try t.begin(timeoutMs: 5_000)
        try t.step(transaction)
        t.wait(60_000)
        try t.restart()
        #expect(try t.call(Transaction.Commit(transaction: transaction)).state == .committed)
        try t.commit()
        #expect(try t.state(ofTransaction: transaction) == .committed)
    }

    @Test("a deadline that passed while the daemon was away rolls back when it is there again")
    func deadlineWhileAway() throws {
        let transaction = try t.begin(timeoutMs: 5_000)
        try t.step(transaction)
        try t.reboot(awayMs: 4_999)
        try t.commit()
        #expect(try t.state(ofTransaction: transaction) == .active)
        try t.reboot(awayMs: 1)
        try t.commit()
        #expect(try t.state(ofTransaction: transaction) == .rollingBack)
    }

    @Test("many deadlines at once are met in small commits, all of them")
    func manyDeadlines() throws {
        let begun = try (0..<150).map { _ in
            let transaction = try t.begin(timeoutMs: 1_000)
            try t.step(transaction, undo: nil)
            return transaction
        }
        try t.pass(1_000)
        while let due = t.engine.nextDue, due <= t.now.elapsedMs { try t.commit() }
        #expect(try begun.allSatisfy { try t.state(ofTransaction: $0) == .rolledBack })
    }

    @Test("a rollback goes on where it was after a restart at every one of its points", arguments: 0..<10)
    func restartInTheMiddle(restartAt: Int) throws {
        var point = 0
        func passPoint() throws {
            if point == restartAt { try t.restart() }
            point += 1
        }
        let transaction = try t.begin(timeoutMs: 600_000)
        for payload: RawJSON in ["1", "2", "3"] { try t.step(transaction, payload, policy: .every(100)) }
        try t.step(transaction, undo: nil)
        try passPoint()
        try t.rollback(transaction)
        try passPoint()
        var undone: [RawJSON] = []
        for _ in 0..<2 {
            let undo = try t.takeOne(.undos)
            try passPoint()
            undone.append(undo.payload)
            try t.complete(undo)
            try passPoint()
        }
        try t.fail(try t.takeOne(.undos))
        try passPoint()
        try t.pass(100)
        try passPoint()
        let last = try t.takeOne(.undos)
        try passPoint()
        undone.append(last.payload)
        try t.complete(last)
        try passPoint()
        #expect(undone == ["3", "2", "1"])
        #expect(try t.state(ofTransaction: transaction) == .rolledBack)
        #expect(try t.steps(transaction).map(\.state) == [.undone, .undone, .undone, .passed])
        #expect(point > restartAt)
        #expect(try t.number("SELECT count(*) FROM operations") == 3, "no undo was enqueued twice")
    }

    @Test("a transaction that has ended is forgotten after a while, with its steps and undos")
    func retention() throws {
        let committed = try t.begin()
        try t.step(committed)
        try t.call(Transaction.Commit(transaction: committed))
        let rolledBack = try t.begin()
        try t.step(rolledBack)
        try t.rollback(rolledBack)
        try t.complete(try t.takeOne(.undos))
        let active = try t.begin(timeoutMs: 10 * 86_400_000)
        try t.step(active)
        try t.pass(86_400_000 - 1)
        #expect(try t.state(ofTransaction: committed) == .committed)
        #expect(try t.state(ofTransaction: rolledBack) == .rolledBack)
        try t.pass(1)
        #expect(try t.refusal(Transaction.Get(transaction: committed))?.reason == .notFound)
        #expect(try t.refusal(Transaction.Get(transaction: rolledBack))?.reason == .notFound)
        #expect(try t.number("SELECT count(*) FROM steps") == 1)
        #expect(try t.number("SELECT count(*) FROM operations") == 0)
        #expect(try t.state(ofTransaction: active) == .active)
    }
}
