import MendProtocol
import Testing

@testable import MendEngine

@Suite("Leases that are tied to an owner")
struct LeaseHoldTests {
    private let t: TestEngine
    init() throws { t = try TestEngine() }

    private let process = Owner.process(ProcessIdentity(pid: 77, uid: 1000, startTicks: 5, bootID: "boot-1"))

    private func end(_ owner: Owner) throws {
        t.sendEnd(of: owner)
        try t.commit()
    }

    @Test("when the owner ends, the operation is ready again at once, and the attempt is spent")
    func ownerEnds() throws {
        for owner in [TestEngine.connection(), process] {
            let operation = try t.enqueue()
            #expect(try t.takeOne(owner: owner).attempt == 1)
            try end(owner)
            #expect(try t.state(operation) == .ready)
            let again = try t.takeOne()
            #expect(again.attempt == 2)
            try t.complete(again)
        }
        #expect(try t.number("SELECT count(*) FROM events WHERE kind = 'lease.lost'") == 2)
        #expect(try t.number("SELECT count(*) FROM owners") == 0)
    }

    @Test("whoever waits gets what an owner's end gave back")
    func waiting() throws {
        let owner = TestEngine.connection()
        try t.enqueue()
        let leased = try t.takeOne(owner: owner)
        let waiting = t.sendWait(.mail)
        try t.commit()
        try end(owner)
        #expect(try t.got(waiting) == [leased.operation])
    }

    @Test("what was completed, failed or released before is not touched by its owner's end")
    func endedBefore() throws {
        let owner = TestEngine.connection()
        for _ in 0..<3 { try t.enqueue(policy: .every(10)) }
        let leased = try t.call(.lease(max: 3), owner: owner).operations
        try t.complete(leased[0])
        try t.fail(leased[1])
        try t.call(Queue.Release(operation: leased[2].operation, lease: leased[2].lease))
        let released = try t.takeOne()
        try end(owner)
        #expect(try leased.map { try t.state($0.operation) } == [.done, .scheduled, .leased])
        #expect(released.operation == leased[2].operation)
        #expect(try t.number("SELECT count(*) FROM events WHERE kind = 'lease.lost'") == 0)
    }

    @Test("a lease without a hold outlives its connection")
    func timeOnly() throws {
        try t.enqueue()
        let leased = try t.takeOne()
        try end(TestEngine.connection())
        #expect(try t.state(leased.operation) == .leased)
    }

    @Test("an operation that loses its workers three times in a row is poison")
    func poison() throws {
        let operation = try t.enqueue()
        for loss in 1...3 {
            let owner = TestEngine.connection()
            #expect(try t.takeOne(owner: owner).operation == operation)
            try end(owner)
            #expect(try t.state(operation) == (loss < 3 ? .ready : .dead))
        }
        #expect(try t.reported() == ["process.poison"])
        #expect(try t.number("SELECT count(*) FROM events WHERE kind = 'operation.poison'") == 1)
    }

    @Test("a worker that says how it ended breaks the row of losses")
    func notInARow() throws {
        let operation = try t.enqueue(maxAttempts: 10, policy: .every(10))
        for _ in 0..<3 {
            for _ in 0..<2 {
                let owner = TestEngine.connection()
                _ = try t.takeOne(owner: owner)
                try end(owner)
            }
            try t.fail(try t.takeOne())
            try t.pass(10)
        }
        #expect(try t.state(operation) == .ready)
    }

    @Test("leases whose time ends count as lost like those whose owner ends")
    func timeUpIsLoss() throws {
        let operation = try t.enqueue()
        for _ in 0..<3 {
            _ = try t.takeOne(leaseMs: 100)
            try t.pass(100)
        }
        #expect(try t.reported() == ["process.poison"])
        #expect(try t.state(operation) == .dead)
    }

    // MARK: Restarts

    @Test("a restart of the daemon ends no hold: its owner presents the token again from another connection")
    func presentedAgain() throws {
        try t.enqueue()
        let leased = try t.takeOne(leaseMs: 600_000, owner: TestEngine.connection())
        try t.restart()
        try t.pass(29_999)
        let other = TestEngine.connection()
        try t.call(Queue.Extend(operation: leased.operation, lease: leased.lease), owner: other)
        try t.pass(60_000)
        #expect(try t.state(leased.operation) == .leased)
        try end(other)
        #expect(try t.state(leased.operation) == .ready, "it is tied to the connection that presented it")
    }

    @Test("a hold that nobody presents again within 30 s ends, and spends no attempt")
    func notPresented() throws {
        try t.enqueue()
        let leased = try t.takeOne(leaseMs: 600_000, owner: TestEngine.connection())
        try t.restart()
        try t.pass(29_999)
        #expect(try t.state(leased.operation) == .leased)
        try t.pass(1)
        #expect(try t.state(leased.operation) == .ready)
        #expect(try t.takeOne().attempt == 1)
    }

    @Test("losses to restarts are no poison")
    func restartsAreNoPoison() throws {
        let operation = try t.enqueue()
        for _ in 0..<5 {
            _ = try t.takeOne(owner: TestEngine.connection())
            try t.restart()
            try t.pass(30_000)
            #expect(try t.state(operation) == .ready)
        }
        for _ in 0..<5 {
            #expect(try t.takeOne().attempt == 1)
            try t.reboot(awayMs: 1)
            try t.commit()
        }
        #expect(try t.reported() == [])
    }

    @Test("a process that something is tied to is known after a restart, and its end is noticed")
    func processOverRestart() throws {
        try t.enqueue()
        let leased = try t.takeOne(leaseMs: 600_000, owner: process)
        try t.restart()
        guard case .process(let identity) = process else { return }
        #expect(t.engine.heldProcesses == [identity])
        try t.pass(60_000)
        #expect(try t.state(leased.operation) == .leased)
        try end(process)
        #expect(try t.state(leased.operation) == .ready)
    }

    @Test("a process that ended while no daemon watched it spends no attempt")
    func endedDuringRestart() throws {
        let operation = try t.enqueue()
        for _ in 0..<4 {
            #expect(try t.takeOne(leaseMs: 600_000, owner: process).attempt == 1)
            try t.restart()
            t.sendEnd(of: process, duringRestart: true)
            try t.commit()
            #expect(try t.state(operation) == .ready)
        }
        #expect(try t.number("SELECT count(*) FROM owners") == 0)
    }

    @Test("a process to which nothing is tied any more is forgotten at the next start")
    func idleProcess() throws {
        try t.enqueue()
        try t.complete(try t.takeOne(owner: process))
        #expect(t.engine.heldProcesses.isEmpty)
        try t.restart()
        #expect(try t.number("SELECT count(*) FROM owners") == 0)
    }

    @Test("a wait whose owner ends is over, and what comes later goes to somebody who lives")
    func waitOfEnded() throws {
        let waiting = t.sendWait(.mail, waitMs: 60_000, owner: process)
        try t.commit()
        try end(process)
        #expect(try t.got(waiting) == [])
        try t.enqueue()
        #expect(try t.takeOne().attempt == 1)
    }

    @Test("a wait whose owner has ended gets nothing, even from a call that came in the same batch")
    func waitOfEndedInBatch() throws {
        let waiting = t.sendWait(.mail, waitMs: 60_000, owner: process)
        t.sendEnd(of: process)
        t.send(.enqueue())
        let lease = t.send(.lease())
        try t.commit()
        #expect(try t.got(waiting) == [])
        #expect(try t.answer(lease)?.operations.count == 1)
        #expect(t.engine.heldProcesses.isEmpty)
    }

    @Test("after a reboot nothing is leased any more, whatever it was tied to")
    func reboot() throws {
        for _ in 0..<3 { try t.enqueue() }
        let leased = [
            try t.takeOne(leaseMs: 600_000), try t.takeOne(leaseMs: 600_000, owner: TestEngine.connection()),
            try t.takeOne(leaseMs: 600_000, owner: process),
        ]
        try t.reboot(awayMs: 1000)
        let late = t.send(Queue.Complete(operation: leased[0].operation, lease: leased[0].lease))
        try t.commit()
        #expect(try t.answer(late)?.state == .done, "calls come before ends")
        #expect(try t.counts().ready == 2)
        #expect(try t.take(.mail, max: 9).map(\.attempt) == [1, 1])
        #expect(t.engine.heldProcesses.isEmpty)
    }

    @Test("a daemon that is killed right after a reboot leaves nothing leased from before it, and spends no attempt")
    func killedAfterReboot() throws {
        let operation = try t.enqueue()
        try t.takeOne(leaseMs: 600_000)
        try t.reboot(awayMs: 1000)
        try t.restart()
        try t.pass(30_000)
        #expect(try t.state(operation) == .ready)
        #expect(try t.takeOne().attempt == 1)
    }

    @Test("a call that is taken back leaves its lease tied to nobody")
    func rolledBack() throws {
        let owner = TestEngine.connection()
        try t.enqueue()
        #expect(try t.call(.lease(), meta: Meta(dryRun: true), owner: owner).operations.count == 1)
        try end(owner)
        #expect(try t.counts().ready == 1)
        #expect(try t.takeOne(owner: owner).attempt == 1)
    }
}
