import MendProtocol
import MendWire
import Testing

@testable import MendEngine

@Suite("Replay and cancel")
struct QueueReplayTests {
    private let t: TestEngine
    init() throws { t = try TestEngine() }

    private func replay(
        _ queue: Name, limit: Int64? = nil, as caller: Caller = .ada
    ) throws -> [Int64] {
        let answer = try t.call(Queue.Replay(queue: queue, limit: limit.map(PageSize.init(unchecked:))), as: caller)
        return [answer.replayed, answer.remaining]
    }

    @Test("one dead letter is put back with all its attempts before it")
    func one() throws {
        let dead = try t.kill()
        let other = try t.kill()
        #expect(try t.call(Queue.Replay(operation: dead)) == Queue.Replay.Answer(replayed: 1, remaining: 1))
        let info = try t.call(Queue.Get(operation: dead))
        #expect(info.state == .ready)
        #expect(info.attempt == 0)
        #expect(info.endedAt == nil)
        #expect(try t.state(other) == .dead)
        let leased = try t.takeOne()
        #expect(leased.operation == dead)
        #expect(leased.attempt == 1)
        #expect(try t.fail(leased).state == .scheduled)
    }

    @Test("the time since the first failure begins anew with a replay")
    func elapsedAnew() throws {
        let operation = try t.enqueue(policy: .every(1_000, maxElapsedMs: 1_500))
        try t.fail(try t.takeOne())
        try t.pass(10_000)
        #expect(try t.fail(try t.takeOne()).state == .dead)
        try t.call(Queue.Replay(operation: operation))
        #expect(try t.fail(try t.takeOne()).state == .scheduled)
    }

    @Test("all dead letters of a queue are put back, the oldest first where there is a limit")
    func all() throws {
        let dead = try (0..<5).map { _ in try t.kill() }
        let elsewhere = try t.kill(.print)
        #expect(try replay(.mail, limit: 2) == [2, 3])
        #expect(try dead.map { try t.state($0) } == [.ready, .ready, .dead, .dead, .dead])
        #expect(try replay(.mail) == [3, 0])
        #expect(try replay(.mail) == [0, 0])
        #expect(try t.state(elsewhere) == .dead)
        #expect(try t.counts().ready == 5)
    }

    @Test("dead letters whose keys are taken do not keep back those behind them")
    func behindTaken() throws {
        let taken = try (0..<3).map { _ in try t.kill(key: "k") }
        let behind = try t.kill()
        try t.enqueue(key: "k")
        #expect(try replay(.mail, limit: 2) == [1, 3])
        #expect(try t.state(behind) == .ready)
        #expect(try taken.map { try t.state($0) } == [.dead, .dead, .dead])
    }

    @Test("a user replays only what is theirs, an operator all")
    func own() throws {
        let ada = try t.kill()
        let bob = try t.kill(as: .bob)
        #expect(try t.refusal(Queue.Replay(operation: bob))?.reason == .permissionDenied)
        #expect(try replay(.mail) == [1, 1])
        #expect(try t.state(ada) == .ready)
        #expect(try t.state(bob) == .dead)
        #expect(try replay(.mail, as: .root) == [1, 0])
        #expect(try t.state(bob) == .ready)
    }

    @Test("only dead letters are replayed, and a call says which")
    func refused() throws {
        let live = try t.enqueue()
        #expect(try t.refusal(Queue.Replay(operation: live))?.reason == .conflict)
        #expect(try t.refusal(Queue.Replay(operation: 99))?.reason == .notFound)
        #expect(try t.refusal(Queue.Replay(queue: .nowhere))?.reason == .notFound)
        var both = Queue.Replay(operation: live)
        both.queue = .mail
        #expect(try t.refusal(both)?.reason == .invalidParams)
        var neither = both
        neither.operation = nil
        neither.queue = nil
        #expect(try t.refusal(neither)?.reason == .invalidParams)
    }

    @Test("a cancelled operation never happens, whether it was ready, scheduled, leased or dead")
    func cancel() throws {
        let dead = try t.kill()
        let leased = try {
            try t.enqueue()
            return try t.takeOne().operation
        }()
        let ready = try t.enqueue()
        let scheduled = try t.enqueue(delayMs: 1_000)
        let timed = try t.enqueue(runAt: t.now.wallMs + 1_000)
        for operation in [dead, leased, ready, scheduled, timed] {
            #expect(try t.call(Queue.Cancel(operation: operation)).state == .cancelled)
            #expect(try t.call(Queue.Get(operation: operation)).endedAt == t.now.wallMs)
        }
        try t.pass(600_000)
        #expect(try t.take(.mail).isEmpty)
        #expect(try t.counts().cancelled == 5)
    }

    @Test("cancel said again answers the same; what is done cannot be cancelled; nor can what is somebody else's")
    func cancelRefused() throws {
        let operation = try t.enqueue()
        #expect(try t.refusal(Queue.Cancel(operation: operation), as: .bob)?.reason == .permissionDenied)
        #expect(try t.state(operation) == .ready)
        try t.call(Queue.Cancel(operation: operation), as: .root)
        #expect(try t.call(Queue.Cancel(operation: operation)).state == .cancelled)
        #expect(try t.counts().cancelled == 1)
        let done = try t.enqueue()
        try t.complete(try t.takeOne())
        #expect(try t.refusal(Queue.Cancel(operation: done))?.reason == .conflict)
        #expect(try t.state(done) == .done)
        #expect(try t.refusal(Queue.Cancel(operation: 99))?.reason == .notFound)
    }
}
