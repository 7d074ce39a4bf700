import MendProtocol
import MendWire
import Testing

@testable import MendEngine

@Suite("Transactions that are tied to an owner, and steps that are under way")
struct TransactionHoldTests {
    private let t: TestEngine
    init() throws { t = try TestEngine() }

    private let process = Owner.process(ProcessIdentity(pid: 77, uid: 1000, startTicks: 5, bootID: "boot-1"))

    @Test("the owner's death rolls back at once, steps that were never confirmed too")
    func ownerEnds() throws {
        for owner in [TestEngine.connection(), process] {
            let transaction = try t.begin(owner: owner)
            try t.step(transaction, "1")
            try t.step(transaction, "2", confirm: false)
            try t.end(owner)
            #expect(try t.state(ofTransaction: transaction) == .rollingBack)
            #expect(try t.info(transaction).reason == "its owner ended")
            #expect(try t.undo() == "2")
            #expect(try t.undo() == "1")
            #expect(try t.state(ofTransaction: transaction) == .rolledBack)
        }
        #expect(try t.number("SELECT count(*) FROM owners") == 0)
    }

    @Test("the owner's death parks where that was asked for")
    func ownerEndsPark() throws {
        let owner = TestEngine.connection()
        let transaction = try t.begin(onDeadline: .park, owner: owner)
        try t.step(transaction)
        try t.end(owner)
        #expect(try t.state(ofTransaction: transaction) == .parked)
        #expect(try t.info(transaction).reason == "its owner ended")
    }

    @Test("what has ended before is not touched by its owner's death")
    func endedBefore() throws {
        let owner = TestEngine.connection()
        let committed = try t.begin(owner: owner)
        try t.step(committed)
        try t.call(Transaction.Commit(transaction: committed))
        let other = try t.begin()
        try t.end(owner)
        #expect(try t.state(ofTransaction: committed) == .committed)
        #expect(try t.state(ofTransaction: other) == .active, "it is tied to nobody")
        #expect(t.engine.holds.held(by: owner).isEmpty)
    }

    @Test("after a restart an owner has a time of grace; who adds or confirms a step owns it again")
    func adopted() throws {
        for confirms in [false, true] {
            let transaction = try t.begin(owner: TestEngine.connection())
            let lost = try t.begin(owner: TestEngine.connection())
            try t.step(transaction)
            try t.restart()
            let again = TestEngine.connection()
            if confirms {
                try t.call(Transaction.Confirm(transaction: transaction, step: 1), owner: again)
            } else {
                try t.call(Transaction.Step(transaction: transaction, name: "s"), owner: again)
            }
            try t.pass(30_000)
            #expect(try t.state(ofTransaction: transaction) == .active)
            #expect(try t.state(ofTransaction: lost) == .rolledBack, "nobody came back for it")
            try t.end(again)
            #expect(try t.state(ofTransaction: transaction) == .rollingBack)
            try t.undo()
        }
    }

    @Test("a process still owns its transaction after a restart, and not after a reboot")
    func processAfterRestart() throws {
        let transaction = try t.begin(owner: process)
        let other = try t.begin(owner: process)
        try t.restart()
        try t.pass(60_000)
        #expect(try t.state(ofTransaction: transaction) == .active)
        try t.call(Transaction.Commit(transaction: transaction))
        try t.reboot(awayMs: 1_000)
        try t.commit()
        #expect(try t.state(ofTransaction: other) == .rolledBack)
    }

    @Test("in a rollback by the deadline the undo of a step that was never confirmed waits for step_grace_ms")
    func stepGrace() throws {
        let transaction = try t.begin(timeoutMs: 1_000)
        let quick = try t.begin(timeoutMs: 1_000, stepGraceMs: 200)
        try t.step(transaction, "1", confirm: false)
        try t.step(transaction, "2")
        try t.step(quick, undo: .print, confirm: false)
        try t.pass(1_000)
        #expect(try t.state(ofTransaction: transaction) == .rollingBack)
        #expect(try t.undo() == "2", "a step that was confirmed is undone at once")
        try t.pass(199)
        #expect(try t.take(.print).isEmpty)
        try t.pass(1)
        #expect(try t.undo(.print) == "null")
        try t.pass(29_799)
        #expect(try t.take(.undos).isEmpty)
        try t.pass(1)
        #expect(try t.undo() == "1")
        #expect(try t.state(ofTransaction: transaction) == .rolledBack)
        #expect(try t.steps(transaction).map(\.uncertain) == [true, false])
    }

    @Test("the time of grace ends at once when the owner's hold has ended, or a rollback is called")
    func graceEnds() throws {
        for byCall in [false, true] {
            let owner = TestEngine.connection()
            let transaction = try t.begin(timeoutMs: 1_000, owner: owner)
            try t.step(transaction, confirm: false)
            try t.pass(1_000)
            #expect(try t.take(.undos).isEmpty)
            if byCall { try t.rollback(transaction) } else { try t.end(owner) }
            try t.undo()
            #expect(try t.state(ofTransaction: transaction) == .rolledBack)
        }
    }

    @Test("a rollback by call waits for nothing: who calls says that its steps have ended")
    func byCall() throws {
        let transaction = try t.begin(owner: TestEngine.connection())
        try t.step(transaction, confirm: false)
        try t.rollback(transaction)
        try t.undo()
        #expect(try t.state(ofTransaction: transaction) == .rolledBack)
    }

    @Test("a time of grace goes on over a restart")
    func graceAfterRestart() throws {
        let transaction = try t.begin(timeoutMs: 1_000)
        try t.step(transaction, confirm: false)
        try t.pass(1_000)
        try t.restart()
        try t.pass(29_999)
        #expect(try t.take(.undos).isEmpty)
        try t.restart()
        try t.pass(1)
        try t.undo()
        #expect(try t.state(ofTransaction: transaction) == .rolledBack)
    }
}
