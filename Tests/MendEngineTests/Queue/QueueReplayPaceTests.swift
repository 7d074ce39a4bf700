import MendProtocol
import Testing

@testable import MendEngine

@Suite("Replay by filter, at a rate and with a canary")
struct QueueReplayPaceTests {
    private let t: TestEngine
    init() throws { t = try TestEngine() }

    @discardableResult
    private func replay(as caller: Caller = .ada, _ change: (inout Queue.Replay) -> Void) throws -> Queue.Replay.Answer
    {
        try t.call(replaying(change), as: caller)
    }

    private func replaying(_ change: (inout Queue.Replay) -> Void) -> Queue.Replay {
        var call = Queue.Replay(queue: .mail)
        change(&call)
        return call
    }

    private func kill(_ count: Int) throws -> [Int64] { try (0..<count).map { _ in try t.kill() } }

    private func ready() throws -> Int64 { try t.counts().ready }

    private var underWay: ReplayInfo? { get throws { try t.read(Queue.Stats(queue: .mail)).queues.first?.replay } }

    private func events() throws -> [EventKind] {
        var list = Events.List()
        list.filter.queue = .mail
        list.newestFirst = true
        return try t.read(list).events.reversed().map(\.kind).filter { $0 == .replayBegun || $0 == .replayEnded }
    }

    // MARK: Filters

    @Test("only those of an error group, a lane, a key or an age are put back")
    func filters() throws {
        let plain = try t.kill()
        let keyed = try t.kill(key: "k")
        let lane = try t.enqueue(lane: "a")
        try t.fail(try t.takeOne(), .validation)
        let other = try t.enqueue()
        let leased = try t.takeOne()
        var error = Errors.Report(message: "quite another problem")
        error.category = .validation
        error.service = "another"
        let group = try t.call(Queue.Fail(operation: other, lease: leased.lease, error: error)).verdict.group
        try t.pass(60_000)
        let young = try t.kill()
        #expect(try replay { $0.key = "k" }.replayed == 1)
        #expect(try t.state(keyed) == .ready)
        #expect(try replay { $0.lane = "a" }.replayed == 1)
        #expect(try t.state(lane) == .ready)
        #expect(try replay { $0.group = group }.replayed == 1)
        #expect(try t.state(other) == .ready)
        #expect(try replay { $0.newerThanMs = Milliseconds(unchecked: 59_999) }.replayed == 1)
        #expect(try t.state(young) == .ready)
        #expect(try replay { $0.olderThanMs = Milliseconds(unchecked: 60_001) }.replayed == 0)
        let last = try replay { $0.olderThanMs = Milliseconds(unchecked: 60_000) }
        #expect(last == Queue.Replay.Answer(replayed: 1, remaining: 0))
        #expect(try t.state(plain) == .ready)
        #expect(try t.miscounted().isEmpty)
    }

    @Test("more than one commit puts back go with the next ones, up to the limit")
    func bounded() throws {
        _ = try kill(600)
        let answer = try replay { $0.olderThanMs = Milliseconds(unchecked: 0) }
        #expect(answer.replayed == 256)
        #expect(try t.counts().dead > 0)
        try t.settle()
        #expect(try ready() == 600)
        #expect(try underWay == nil)
        #expect(try events() == [.replayBegun, .replayEnded])
    }

    @Test("a limit is one for the whole of it")
    func limit() throws {
        _ = try kill(5)
        try replay {
            $0.rate = .init(1)
            $0.limit = PageSize(unchecked: 2)
        }
        try t.pass(60_000)
        #expect(try ready() == 2)
        #expect(try underWay == nil)
    }

    // MARK: Rate

    @Test("at a rate, so many a second become ready")
    func rate() throws {
        let dead = try kill(5)
        let answer = try replay { $0.rate = .init(2) }
        #expect(answer.replayed == 1)
        #expect(answer.replay?.rate == 2)
        #expect(t.engine.nextDue == t.now.elapsedMs + 500)
        try t.pass(499)
        #expect(try ready() == 1)
        try t.pass(1)
        #expect(try ready() == 2)
        #expect(try underWay?.replayed == 2)
        for _ in 0..<3 { try t.pass(500) }
        #expect(try ready() == 5)
        #expect(try t.take(.mail, max: 9).map(\.operation) == dead)
        try t.pass(500)
        #expect(try events() == [.replayBegun, .replayEnded])
    }

    @Test("a rate of more than one in a millisecond is kept, too")
    func fast() throws {
        _ = try kill(100)
        try replay { $0.rate = .init(10_000) }
        try t.pass(5)
        #expect(try (45...60).contains(ready()))
        try t.pass(6)
        #expect(try ready() == 100)
    }

    @Test("a rate goes on over a restart, and does not make up for a long time away")
    func restarts() throws {
        _ = try kill(50)
        try replay { $0.rate = .init(1) }
        try t.restart()
        try t.pass(1_000)
        #expect(try ready() == 2)
        try t.reboot(awayMs: 3_600_000)
        try t.commit()
        #expect(try ready() <= 4)
        #expect(try underWay != nil)
    }

    @Test("what dies again is not put back a second time, nor what died since it began")
    func once() throws {
        _ = try kill(2)
        try replay { $0.rate = .init(1) }
        try t.pass(1)
        try t.fail(try t.takeOne(), .validation)
        let later = try t.kill()
        try t.pass(5_000)
        try t.pass(5_000)
        #expect(try ready() == 1)
        #expect(try t.state(later) == .dead)
    }

    @Test("one at a time goes on for a queue, and can be stopped")
    func stop() throws {
        _ = try kill(3)
        #expect(try t.refusal(replaying { $0.stop = true })?.reason == .conflict)
        try replay { $0.rate = .init(0.5) }
        #expect(try t.refusal(replaying { $0.rate = .init(1) })?.reason == .conflict)
        #expect(try t.refusal(replaying { $0.stop = true }, as: .bob)?.reason == .permissionDenied)
        #expect(try replay { $0.stop = true } == Queue.Replay.Answer(replayed: 1, remaining: 2))
        try t.pass(60_000)
        #expect(try t.counts().dead == 2)
        #expect(try events() == [.replayBegun, .replayEnded])
    }

    @Test("a client's goes through its own dead letters only, an operator's through all")
    func own() throws {
        try t.kill(as: .bob)
        try t.kill()
        #expect(try replay { $0.rate = .init(1_000) }.remaining == 1)
        try t.pass(1_000)
        #expect(try t.counts().dead == 1)
        try replay(as: .root) { $0.rate = .init(1_000) }
        #expect(try t.counts().dead == 0)
    }

    // MARK: Canary

    @Test("the first one goes alone, and the others follow when it is done")
    func canary() throws {
        let dead = try kill(3)
        let answer = try replay { $0.canary = true }
        #expect(answer.replayed == 1)
        #expect(answer.replay?.canary == dead[0])
        try t.pass(60_000)
        #expect(try ready() == 1)
        try t.complete(try t.takeOne())
        try t.settle()
        #expect(try ready() == 2)
        #expect(try events() == [.replayBegun, .replayEnded])
    }

    @Test("the others stay dead where the first one dies again, or is cancelled")
    func canaryDies() throws {
        _ = try kill(3)
        try replay { $0.canary = true }
        try t.fail(try t.takeOne(), .validation)
        try t.pass(60_000)
        #expect(try t.counts().dead == 3)
        #expect(try underWay == nil)
        let canary = try #require(try replay { $0.canary = true }.replay?.canary)
        try t.call(Queue.Cancel(operation: canary))
        try t.pass(60_000)
        #expect(try t.counts().dead == 2)
        #expect(try events() == [.replayBegun, .replayEnded, .replayBegun, .replayEnded])
    }

    @Test("a canary that is tried again is still waited for, and then the rate holds")
    func canaryRetries() throws {
        let first = try t.enqueue(policy: .every(1_000))
        try t.fail(try t.takeOne(), .validation)
        _ = try kill(2)
        try replay {
            $0.canary = true
            $0.rate = .init(1)
        }
        try t.fail(try t.takeOne(), .transient)
        try t.pass(1_000)
        #expect(try ready() == 1)
        let leased = try t.takeOne()
        #expect(leased.operation == first)
        try t.complete(leased)
        try t.settle()
        #expect(try ready() == 1)
        try t.pass(1_000)
        #expect(try ready() == 2)
    }

    @Test("a canary is waited for over a restart")
    func canaryRestarts() throws {
        _ = try kill(2)
        try replay { $0.canary = true }
        try t.restart()
        try t.complete(try t.takeOne())
        try t.settle()
        #expect(try ready() == 1)
    }

    @Test("a canary whose end is rolled back is still waited for")
    func canaryRolledBack() throws {
        _ = try kill(2)
        try replay { $0.canary = true }
        let leased = try t.takeOne()
        try t.failing("DELETE ON replays", when: "1")
        #expect(try t.refusal(.fail(leased, .validation))?.reason == .internalError)
        try t.failNoMore()
        #expect(try underWay?.canary == leased.operation)
        try t.complete(leased)
        try t.settle()
        #expect(try ready() == 1)
    }

    @Test("nothing dead means nothing to wait for; one whose key is taken does not go first")
    func canaryless() throws {
        let keyed = try t.kill(key: "k")
        #expect(try replay { $0.lane = "none" } == Queue.Replay.Answer(replayed: 0, remaining: 1))
        let other = try t.kill()
        try t.enqueue(key: "k")
        #expect(
            try t.refusal(
                replaying { call in
                    call.canary = true
                    call.key = "k"
                })?.reason == .conflict)
        #expect(try replay { $0.canary = true }.replay?.canary == other)
        #expect(try t.state(keyed) == .dead)
    }

    @Test("a filter, a rate or a canary means nothing for one operation")
    func refused() throws {
        var call = Queue.Replay(operation: try t.kill())
        call.rate = .init(1)
        #expect(try t.refusal(call)?.reason == .invalidParams)
    }
}
