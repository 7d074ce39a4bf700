import MendProtocol
import MendWire
import Testing

@testable import MendEngine

/// What time does to everything that waits for it: a lease, a delay, a backoff, a deadline, a long poll, a key.
@Suite("Time")
struct TimeTests {
    private static let dayMs: Int64 = 86_400_000

    /// An engine on which all of it is under way, each for a minute.
    private final class Everything {
        let t: TestEngine
        let leased: Leased
        let delayed: Int64
        let backingOff: Int64
        let ended: Int64
        let transaction: Int64
        let meta = Meta(idempotencyKey: IdempotencyKey("once"))
        private(set) var waiting: TestEngine.Sent<Queue.Lease>

        init() throws {
            t = try TestEngine()
            delayed = try t.enqueue(.mail, delayMs: 60_000)
            backingOff = try t.enqueue(.mail, policy: .every(60_000))
            try t.fail(try t.takeOne())
            try t.enqueue(.mail)
            leased = try t.takeOne(leaseMs: 60_000)
            ended = try t.enqueue(.high)
            try t.complete(try t.takeOne(.high))
            transaction = try t.begin(timeoutMs: 60_000)
            try t.step(transaction)
            try t.call(.enqueue(.low, "7"), meta: meta)
            waiting = t.sendWait(.undos, waitMs: 50_000)
            try t.commit()
        }

        /// Whether all of it still is as it was.
        func isAsItWas() throws -> Bool {
            try t.state(leased.operation) == .leased && t.state(delayed) == .scheduled
                && t.state(backingOff) == .scheduled && t.state(ended) == .done && t.info(transaction).state == .active
                && t.got(waiting) == nil && lowAfterRepeat() == 1
        }

        /// How many operations there are after the call with a key was sent again.
        func lowAfterRepeat() throws -> Int64 {
            t.send(.enqueue(.low, "7"), meta: meta)
            try t.commit()
            return try t.counts(.low).ready
        }

        /// Whether the minute of all of it is over.
        func isOver() throws -> Bool {
            try t.state(leased.operation) == .ready && t.state(delayed) == .ready && t.state(backingOff) == .ready
                && t.info(transaction).state == .rollingBack
        }
    }

    @Test(
        "a step of the wall clock, of a year forward or back, moves nothing but run_at",
        arguments: [365 * dayMs, -365 * dayMs])
    func ntpStep(by jumpMs: Int64) throws {
        let all = try Everything()
        let later = try all.t.enqueue(.mail, runAt: all.t.now.wallMs + 60_000)
        all.t.clock.wallMs += jumpMs
        try all.t.pass(40_000)
        #expect(try all.isAsItWas())
        #expect(try all.t.state(later) == (jumpMs > 0 ? .ready : .scheduled))
        try all.t.pass(20_000)
        #expect(try all.isOver())
        #expect(try all.t.got(all.waiting) == [], "the wait ended by the time that has passed")
    }

    @Test("the clock that counts is one that goes on while the host sleeps: after a suspend all is over")
    func suspend() throws {
        let all = try Everything()
        all.t.wait(8 * 3_600_000)
        try all.t.commit()
        #expect(try all.isOver())
        #expect(try all.t.got(all.waiting) == [])
        #expect(try all.t.info(all.transaction).reason == "its deadline passed")
    }

    @Test("what arrives with the end of a suspend is applied before anything expires")
    func callsBeforeTimers() throws {
        let all = try Everything()
        all.t.wait(8 * 3_600_000)
        let complete = all.t.send(Queue.Complete(operation: all.leased.operation, lease: all.leased.lease))
        let commit = all.t.send(Transaction.Commit(transaction: all.transaction))
        try all.t.commit()
        #expect(try all.t.answer(complete)?.state == .done)
        #expect(try all.t.answer(commit)?.state == .committed)
    }

    @Test("a daemon that was away for a day takes the calls that waited, and then ends what is over")
    func dayAway() throws {
        let all = try Everything()
        all.t.wait(Self.dayMs)
        try all.t.restart()
        let complete = all.t.send(Queue.Complete(operation: all.leased.operation, lease: all.leased.lease))
        try all.t.commit()
        #expect(try all.t.answer(complete)?.state == .done)
        #expect(try all.t.info(all.transaction).state == .rollingBack)
        #expect(try all.t.counts().ready == 2)
        #expect(try all.lowAfterRepeat() == 2, "a key is kept for a day")
        #expect(try all.t.read(Events.List()).events.map(\.kind).contains(.daemonStarted))
    }

    @Test(
        "over a reboot the wall clock tells how much time has passed, and a clock that lost its time tells none",
        arguments: [(59_000, false), (60_000, true), (-dayMs, false)] as [(Int64, Bool)])
    func reboot(awayMs: Int64, isOver: Bool) throws {
        let all = try Everything()
        try all.t.reboot(awayMs: awayMs)
        try all.t.commit()
        #expect(try all.t.state(all.delayed) == (isOver ? .ready : .scheduled))
        #expect(try all.t.state(all.backingOff) == (isOver ? .ready : .scheduled))
        #expect(try all.t.info(all.transaction).state == (isOver ? .rollingBack : .active))
        #expect(try all.t.state(all.ended) == .done)
    }
}
