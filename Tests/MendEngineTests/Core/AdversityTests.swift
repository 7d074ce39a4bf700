import GRDB
import MendProtocol
import MendWire
import Testing

@testable import MendEngine

@Suite("What goes wrong in the middle")
struct AdversityTests {
    private let t: TestEngine
    private let large = RawJSON.string(String(repeating: "x", count: 200_000))
    init() throws { t = try TestEngine() }

    @Test("replaying a dead letter whose key a live operation has is a conflict")
    func replayKey() throws {
        let dead = try t.kill(key: "k")
        let live = try t.enqueue(key: "k")
        let error = try t.refusal(Queue.Replay(operation: dead))
        #expect(error?.reason == .conflict)
        #expect(try t.state(dead) == .dead)
        #expect(try t.state(live) == .ready)
    }

    @Test("replaying a queue puts back what it can, and leaves dead what has no room for its key")
    func replayAllKeys() throws {
        let first = try t.kill(key: "k")
        let second = try t.kill(key: "k")
        let plain = try t.kill()
        let answer = try t.call(Queue.Replay(queue: .mail))
        #expect(answer == Queue.Replay.Answer(replayed: 2, remaining: 1))
        #expect(try [first, second, plain].map { try t.state($0) } == [.ready, .dead, .ready])
    }

    @Test("a full disk in a batch in which another call failed late is disk_full, not the end")
    func fullWhileGuarded() throws {
        try t.enqueue()
        let held = try t.takeOne()
        try t.failing("INSERT ON operations", when: "NEW.payload = '13'")
        try t.fillDisk()
        let failing = t.send(.enqueue(.mail, "13"))
        let tooLarge = t.send(.enqueue(.mail, large))
        let fits = t.send(Queue.Complete(operation: held.operation, lease: held.lease))
        try t.commit()
        #expect(t.refusal(failing)?.reason == .internalError)
        #expect(t.refusal(tooLarge)?.reason == .diskFull)
        #expect(try t.answer(fits)?.state == .done)
    }

    /// 200 operations whose leases end now, each with a report that needs room which is not there.
    private func timersThatDoNotFit() throws -> Leased {
        for _ in 0..<201 { t.send(.enqueue(maxAttempts: 1)) }
        try t.commit()
        _ = try t.take(.mail, max: 200, leaseMs: 1_000)
        let held = try t.takeOne(leaseMs: 600_000)
        try t.fillDisk()
        t.wait(1_000)
        return held
    }

    @Test("timers that do not fit wait for space")
    func timerSpins() throws {
        _ = try timersThatDoNotFit()
        try t.commit()
        let due = try #require(t.engine.nextDue)
        #expect(due > t.now.elapsedMs)
        #expect(due <= t.now.elapsedMs + 1_000)
    }

    @Test("a call that fits goes on while timers do not fit")
    func callPaysForTimers() throws {
        let held = try timersThatDoNotFit()
        let complete = t.send(Queue.Complete(operation: held.operation, lease: held.lease))
        try t.commit()
        #expect(t.refusal(complete)?.reason == nil)
    }

    @Test("timers that were rolled back are tried again soon")
    func timersLost() throws {
        for _ in 0..<100 { t.send(.enqueue(delayMs: 1_000)) }
        for _ in 0..<100 {
            t.send(
                Queue.Lease(
                    queues: [.mail], waitMs: Milliseconds(3_000_000), worker: String(repeating: "w", count: 128)))
        }
        try t.commit()
        try t.fillDisk()
        try t.pass(1_000)
        #expect(try t.counts().scheduled == 100, "it did not fit")
        #expect(try #require(t.engine.nextDue) <= t.now.elapsedMs + 1_000)
    }

    @Test("timers are not put off again and again by calls that do not fit")
    func timersStarve() throws {
        let operation = try t.enqueue(delayMs: 1_000)
        try t.commit()
        try t.fillDisk()
        for _ in 0..<10 {
            t.wait(500)
            t.send(.enqueue(.mail, large))
            try t.commit()
        }
        #expect(try t.state(operation) == .ready)
    }

    @Test("elapsed time is never before a moment that a commit has used", arguments: [0, 1])
    func elapsedBackwards(kind: Int) throws {
        let transaction = try t.begin()
        try t.enqueue()
        let leased = try t.takeOne(leaseMs: 600_000)
        t.wait(50_000)
        if kind == 0 {
            try t.call(Queue.Extend(operation: leased.operation, lease: leased.lease))
        } else {
            try t.call(Transaction.Step(transaction: transaction, name: "s"))
        }
        let used = t.now.elapsedMs
        try t.reboot(awayMs: -500_000)
        #expect(t.now.elapsedMs >= used)
    }

    private final class Origin: CallOrigin {}
    private struct Weak { weak var origin: Origin? }

    @Test("a wait that ended on a quiet queue is forgotten")
    func waitersOfQuietQueue() throws {
        var origins: [Weak] = []
        for _ in 0..<1_000 {
            let origin = Origin()
            origins.append(Weak(origin: origin))
            let call = WriterCall(
                .lease(waitMs: 10), ticket: Ticket(origin: origin, number: 1), caller: .ada, meta: Meta())
            _ = try t.engine.commit([call], now: t.now)
            t.wait(10)
            _ = try t.engine.commit([], now: t.now)
        }
        #expect(origins.count { $0.origin != nil } < 100)
    }

    @Test("a wait that was served is forgotten before its deadline")
    func servedWaiters() throws {
        var origins: [Weak] = []
        for _ in 0..<1_000 {
            let origin = Origin()
            origins.append(Weak(origin: origin))
            let call = WriterCall(
                .lease(waitMs: 86_400_000), ticket: Ticket(origin: origin, number: 1), caller: .ada, meta: Meta())
            _ = try t.engine.commit([call], now: t.now)
            // Not by `t`, which keeps all outcomes.
            let enqueue = WriterCall(
                .enqueue(), ticket: Ticket(origin: Origin(), number: 2), caller: .ada, meta: Meta())
            #expect(try t.engine.commit([enqueue], now: t.now).count == 2)
        }
        #expect(origins.count { $0.origin != nil } < 100)
    }

    @Test("leases go back although one of their operations is gone")
    func returnOfForgotten() throws {
        var settings = EngineSettings()
        settings.retentionMs = 10
        let t = try TestEngine(settings: settings)
        let kept = try t.enqueue()
        let gone = try t.enqueue()
        let leased = try t.take(.mail, max: 2)
        try t.call(Queue.Cancel(operation: gone))
        try t.pass(10)
        t.sendReturn(of: leased)
        try t.commit()
        #expect(try t.state(kept) == .ready)
    }

    @Test("an operation from before the answers' limit was lowered does not block its queue for ever")
    func loweredLimit() throws {
        let long = try t.enqueue(.mail, RawJSON.string(String(repeating: "x", count: 20_000)))
        let next = try t.enqueue(.mail, "1")
        var settings = EngineSettings()
        settings.answerMaxBytes = 16_384
        let engine = try Engine(opening: t.engine.database, settings: settings, reading: t.clock, seed: 1)
        let call = WriterCall(.lease(), ticket: Ticket(origin: Origin(), number: 1), caller: .ada, meta: Meta())
        let outcome = try engine.commit([call], now: t.now).first
        let answer = try outcome?.result.get() as? Queue.Lease.Answer
        #expect(answer?.operations.isEmpty == false, "neither \(long) nor \(next) can ever be leased")
    }

    @Test("a key with a NUL, of which only the beginning would be kept, is refused")
    func nul() throws {
        let first = t.send(.enqueue(key: "a\0b"))
        let second = t.send(.enqueue(key: "a\0c"))
        try t.commit()
        #expect(t.refusal(first)?.reason == .invalidParams)
        #expect(t.refusal(second)?.reason == .invalidParams)
    }
}
