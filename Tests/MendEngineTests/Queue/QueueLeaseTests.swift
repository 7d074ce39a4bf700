import MendProtocol
import MendWire
import Testing

@testable import MendEngine

@Suite("Leases")
struct QueueLeaseTests {
    private let t: TestEngine
    init() throws { t = try TestEngine() }

    private func ends(_ leased: Leased) -> [(String, (TestEngine, Caller) throws -> Reason?)] {
        let (operation, lease) = (leased.operation, leased.lease)
        return [
            ("complete", { try $0.refusal(Queue.Complete(operation: operation, lease: lease), as: $1)?.reason }),
            ("fail", { try $0.refusal(.fail(leased), as: $1)?.reason }),
            ("extend", { try $0.refusal(Queue.Extend(operation: operation, lease: lease), as: $1)?.reason }),
            ("release", { try $0.refusal(Queue.Release(operation: operation, lease: lease), as: $1)?.reason }),
        ]
    }

    /// All calls that need the lease say that it is lost, and leave the operation as it is; but for `fail`, which answers
    /// as it did where it was what ended the lease.
    private func expectLost(
        _ leased: Leased, byFail: Bool = false, _ comment: Comment, _ location: SourceLocation = #_sourceLocation
    ) throws {
        let before = try t.call(Queue.Get(operation: leased.operation), as: .root)
        for (name, end) in ends(leased) where !(byFail && name == "fail") {
            #expect(try end(t, .ada) == .leaseLost, "\(name): \(comment)", sourceLocation: location)
        }
        #expect(try t.call(Queue.Get(operation: leased.operation), as: .root) == before, sourceLocation: location)
    }

    @Test("a lease tells the attempt, the token, its end, and who enqueued it")
    func tells() throws {
        let operation = try t.enqueue(.mail, #"{"to":"a"}"#, maxAttempts: 7, as: .bob)
        let leased = try t.takeOne(leaseMs: 3_000)
        #expect(leased.operation == operation)
        #expect(leased.queue == .mail)
        #expect(leased.attempt == 1)
        #expect(leased.maxAttempts == 7)
        #expect(leased.lease > 0)
        #expect(leased.leaseUntilAt == t.now.wallMs + 3_000)
        #expect(leased.uid == 1001)
        #expect(leased.transaction == nil)
        let info = try t.call(Queue.Get(operation: operation))
        #expect(info.state == .leased)
        #expect(info.leaseUntilAt == leased.leaseUntilAt)
    }

    @Test("correlation and trace context of the enqueue come with the lease")
    func meta() throws {
        let trace = try #require(TraceParent("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"))
        try t.call(.enqueue(), meta: Meta(correlation: .task, traceparent: trace))
        let leased = try t.takeOne()
        #expect(leased.correlation == .task)
        #expect(leased.traceparent == trace)
    }

    @Test("what is leased is in one pair of hands")
    func exclusive() throws {
        try t.enqueue()
        _ = try t.takeOne()
        #expect(try t.take(.mail, as: .bob).isEmpty)
    }

    @Test("two in one batch never get the same operation")
    func exclusiveInBatch() throws {
        let ids = try [t.enqueue(), t.enqueue(), t.enqueue()]
        let sent = [t.send(.lease(max: 2)), t.send(.lease(max: 2), as: .bob), t.send(.lease())]
        try t.commit()
        #expect(try sent.map { try t.got($0) } == [[ids[0], ids[1]], [ids[2]], []])
    }

    @Test("a lease is taken for a minute where nothing is said")
    func defaultTime() throws {
        try t.enqueue()
        #expect(try t.takeOne().leaseUntilAt == t.now.wallMs + 60_000)
    }

    @Test("a lease that ends puts the operation back, and has spent the attempt")
    func expiry() throws {
        try t.enqueue()
        let first = try t.takeOne(leaseMs: 1_000)
        try t.pass(999)
        #expect(try t.take(.mail).isEmpty)
        try t.pass(1)
        let second = try t.takeOne()
        #expect(second.operation == first.operation)
        #expect(second.attempt == 2)
        #expect(second.lease > first.lease)
        try expectLost(first, "it has expired and somebody else has it")
        #expect(try t.complete(second) == .done)
    }

    @Test("a token is stale once its time is over, even if nobody has the operation")
    func staleAfterExpiry() throws {
        try t.enqueue()
        let leased = try t.takeOne(leaseMs: 1_000)
        try t.pass(1_000)
        try expectLost(leased, "it has expired")
    }

    @Test("a token is stale after release, cancel and fail")
    func staleAfterEnd() throws {
        try t.enqueue(policy: .every(1_000))
        let released = try t.takeOne()
        try t.call(Queue.Release(operation: released.operation, lease: released.lease))
        try expectLost(released, "it was released")
        let failed = try t.takeOne()
        try t.fail(failed)
        try expectLost(failed, byFail: true, "it has failed and waits")
        try t.pass(1_000)
        let cancelled = try t.takeOne()
        try t.call(Queue.Cancel(operation: cancelled.operation))
        try expectLost(cancelled, "it was cancelled")
    }

    @Test("a token is stale after death, and after replay")
    func staleAfterReplay() throws {
        try t.enqueue()
        let leased = try t.takeOne()
        try t.fail(leased, .validation)
        try expectLost(leased, byFail: true, "it is dead")
        try t.call(Queue.Replay(operation: leased.operation))
        try expectLost(leased, byFail: true, "it was replayed")
        let again = try t.takeOne()
        try expectLost(leased, byFail: true, "somebody else has it")
        #expect(try t.complete(again) == .done)
    }

    @Test("a lease of another user is refused, and an operator may")
    func otherUser() throws {
        try t.enqueue(policy: .every(1))
        let leased = try t.takeOne()
        for (name, end) in ends(leased) { #expect(try end(t, .bob) == .permissionDenied, "\(name)") }
        #expect(try t.state(leased.operation) == .leased)
        #expect(try t.complete(leased, as: .root) == .done)
    }

    @Test(
        "the lease decides, not who enqueued: the worker of another user ends it, its owner without the lease does not")
    func workerOfOther() throws {
        try t.enqueue(as: .ada)
        let leased = try t.takeOne(as: .bob)
        #expect(
            try t.refusal(Queue.Complete(operation: leased.operation, lease: leased.lease))?.reason == .permissionDenied
        )
        #expect(try t.complete(leased, as: .bob) == .done)
    }

    @Test("an operation that was never there is not found")
    func notFound() throws {
        let error = try t.refusal(Queue.Complete(operation: 99, lease: 1))
        #expect(error?.reason == .notFound)
        #expect(error?.field == "operation")
    }

    @Test("extend counts from now: as asked for, or as long as the lease was taken for")
    func extend() throws {
        try t.enqueue()
        let leased = try t.takeOne(leaseMs: 5_000)
        try t.pass(4_000)
        let again = try t.call(Queue.Extend(operation: leased.operation, lease: leased.lease))
        #expect(again.leaseUntilAt == t.now.wallMs + 5_000)
        try t.pass(4_999)
        #expect(try t.state(leased.operation) == .leased)
        let long = try t.call(
            Queue.Extend(
                operation: leased.operation, lease: leased.lease, leaseMs: PositiveMilliseconds(unchecked: 60_000)))
        #expect(long.leaseUntilAt == t.now.wallMs + 60_000)
        try t.pass(59_999)
        #expect(try t.state(leased.operation) == .leased)
        try t.pass(1)
        #expect(try t.state(leased.operation) == .ready)
    }

    @Test("extend can shorten, and the timer follows")
    func shorten() throws {
        try t.enqueue()
        let leased = try t.takeOne(leaseMs: 60_000)
        try t.call(
            Queue.Extend(
                operation: leased.operation, lease: leased.lease, leaseMs: PositiveMilliseconds(unchecked: 100)))
        try t.pass(100)
        #expect(try t.state(leased.operation) == .ready)
    }

    @Test("release spends no attempt")
    func release() throws {
        try t.enqueue(maxAttempts: 1)
        for _ in 0..<3 {
            let leased = try t.takeOne()
            #expect(leased.attempt == 1)
            #expect(try t.call(Queue.Release(operation: leased.operation, lease: leased.lease)).state == .ready)
        }
    }

    @Test("complete said again answers done; with another token it is lost, of another user refused")
    func completeAgain() throws {
        try t.enqueue()
        let first = try t.takeOne(leaseMs: 1_000)
        try t.pass(1_000)
        let second = try t.takeOne()
        #expect(try t.complete(second) == .done)
        #expect(try t.complete(second) == .done)
        #expect(try t.counts().done == 1)
        try expectLost(first, "it was done with another lease")
        #expect(
            try t.refusal(Queue.Complete(operation: second.operation, lease: second.lease), as: .bob)?.reason
                == .permissionDenied)
        #expect(try t.refusal(Queue.Release(operation: second.operation, lease: second.lease))?.reason == .leaseLost)
    }

    @Test("leases that are used up by workers that vanished make the operation dead, and are reported")
    func lostLeases() throws {
        let operation = try t.enqueue(maxAttempts: 2)
        _ = try t.takeOne(leaseMs: 1_000)
        try t.pass(1_000)
        #expect(try t.state(operation) == .ready)
        #expect(try t.takeOne(leaseMs: 1_000).attempt == 2)
        try t.pass(1_000)
        let info = try t.call(Queue.Get(operation: operation))
        #expect(info.state == .dead)
        #expect(info.attempt == 2)
        let report = try t.call(Errors.Get(error: try #require(info.lastError)))
        #expect(report.code == "process.lease_ended")
        #expect(report.severity == .high)
        #expect(report.uid == 0, "the daemon says so")
        #expect(report.message == info.lastMessage)
    }

    @Test("a lease names 1 to 100 queues")
    func queueNumber() throws {
        #expect(try t.refusal(.lease([]))?.field == "queues")
        #expect(try t.refusal(.lease(Array(repeating: Name.mail, count: 101)))?.reason == .invalidParams)
        #expect(try t.take(.nowhere).isEmpty)
    }

    @Test("of several queues the first that has something wins, and one answer is of one queue")
    func severalQueues() throws {
        let low = try [t.enqueue(.low), t.enqueue(.low)]
        #expect(try t.take(.high, .low, max: 1).map(\.operation) == [low[0]])
        let high = try t.enqueue(.high)
        #expect(try t.take(.high, .low, max: 5).map(\.operation) == [high])
        #expect(try t.take(.high, .low, max: 5).map(\.operation) == [low[1]])
    }

    @Test("queues named undo.UID are filled and leased by that user alone, operators included")
    func undoQueues() throws {
        try t.enqueue(.undoOfAda)
        for caller in [Caller.bob, .root] {
            #expect(try t.refusal(.enqueue(.undoOfAda), as: caller)?.reason == .permissionDenied)
            let error = try t.refusal(.lease([.mail, .undoOfAda]), as: caller)
            #expect(error?.reason == .permissionDenied)
            #expect(error?.field == "queues[1]")
            #expect(try t.refusal(.lease([.undoOfAda], waitMs: 1_000), as: caller)?.reason == .permissionDenied)
        }
        #expect(try t.takeOne(.undoOfAda).attempt == 1)
        try t.enqueue(.undoOfNobody, as: .bob)
        #expect(try t.take(.undoOfNobody).count == 1, "that names nobody")
    }
}
