import GRDB
import MendProtocol
import MendWire
import Testing

@testable import MendEngine

/// Calls of all kinds in an order that a seed decides, with time, failures and restarts between them.
private final class QueueWalk {
    let t: TestEngine
    private(set) var calls = 0
    private(set) var failures = 0
    private var random: RandomSource
    private var held: [Leased] = []
    private var ended: [Leased] = []
    private var waiting: [TestEngine.Sent<Queue.Lease>] = []
    private var leased: [TestEngine.Sent<Queue.Lease>] = []
    private var began: [TestEngine.Sent<Transaction.Begin>] = []
    private var others: [() -> CallError?] = []
    private var transactions: [Int64] = []
    private var lastOperation: Int64 = 1
    private var lastLease: Int64 = 0
    private let queues: [Name] = [.high, .low, .mail, .undos]

    init(seed: UInt64) throws {
        var settings = EngineSettings()
        settings.queueMaxSize = 60
        settings.retentionMs = 20_000
        t = try TestEngine(settings: settings, seed: seed)
        random = RandomSource(seed: seed)
        try t.failing("UPDATE ON operations", when: "OLD.id % 5 = 0 AND NEW.state = 5 AND NEW.ended_at % 3 = 0")
    }

    private func chance(_ percent: Int) -> Bool { Int.random(in: 0..<100, using: &random) < percent }
    private func some<T>(_ from: [T]) -> T? { from.randomElement(using: &random) }
    private func upTo(_ most: Int64) -> Int64 { Int64.random(in: 0...most, using: &random) }

    /// A batch of calls, then time.
    func step() throws {
        for _ in 0...upTo(7) {
            sendOne()
            calls += 1
        }
        try t.commit()
        try look()
        if chance(40) { try t.pass(upTo(3_000)) }
        if chance(2) { t.clock.wallMs += upTo(20_000) - 10_000 }
        if chance(1) { try t.pass(60_000) }
        try look()
    }

    func restart() throws {
        try t.reboot(awayMs: 5_000)
        waiting = []
    }

    private func sendOne() {
        let caller: Caller = chance(90) ? .ada : chance(50) ? .bob : .root
        let queue = some(Array(queues.dropLast())) ?? .mail
        switch upTo(99) {
        case 0..<30:
            let lane = chance(40) ? "lane-\(upTo(2))" : nil
            note(
                t.send(
                    .enqueue(
                        queue, "1", priority: upTo(3), delayMs: chance(30) ? upTo(5_000) : nil,
                        key: chance(40) ? "k\(upTo(5))" : nil, maxAttempts: 1 + upTo(3),
                        policy: .every(1 + upTo(2_000)), lane: lane,
                        onDead: lane != nil && chance(20) ? .block : nil), as: caller))
        case 30..<34: note(t.send(.enqueue(queue, "1", runAt: t.now.wallMs + upTo(10_000)), as: caller))
        case 34..<50:
            leased.append(
                t.send(.lease([queue, some(queues) ?? .mail], max: 1 + upTo(4), leaseMs: 1 + upTo(4_000)), as: caller))
        case 50..<53:
            leased.append(
                t.send(.lease([some(queues) ?? .mail], max: 1 + upTo(2), waitMs: 1 + upTo(5_000)), as: caller))
        case 53..<80: sendEnd(as: caller)
        case 80..<84: note(t.send(Queue.Cancel(operation: 1 + upTo(lastOperation)), as: caller))
        case 84..<87: note(t.send(Queue.Replay(operation: 1 + upTo(lastOperation)), as: caller))
        case 87: note(t.send(Queue.Pause(queue: queue), as: .root))
        case 88..<90: note(t.send(Queue.Resume(queue: queue), as: .root))
        case 90: note(t.send(configuration(of: queue), as: .root))
        case 91:
            note(t.send(Queue.Purge(queue: queue, states: chance(30) ? [.ready, .scheduled, .dead] : nil), as: .root))
        case 92..<94: began.append(t.send(Transaction.Begin(name: .deploy, timeoutMs: PositiveMilliseconds(9_000))))
        default: sendTransaction()
        }
    }

    private func configuration(of queue: Name) -> Queue.Configure {
        t.configuring(queue) {
            $0.maxConcurrent = chance(50) ? .unset : .number(1 + upTo(5))
            $0.rate = chance(50) ? .unset : Rate(0.5 + Double(upTo(20))).map(Setting.to)
        }
    }

    /// Ends a lease that is held, or one that ended long ago.
    private func sendEnd(as caller: Caller) {
        guard let leased = some(chance(85) ? held : ended) else { return }
        ended.append(leased)
        held.removeAll { $0 == leased }
        switch upTo(9) {
        case 0..<4: note(t.send(Queue.Complete(operation: leased.operation, lease: leased.lease), as: caller))
        case 4..<6: note(t.send(.fail(leased), as: caller))
        case 6: note(t.send(.fail(leased, .validation), as: caller))
        case 7: note(t.send(Queue.Release(operation: leased.operation, lease: leased.lease), as: caller))
        case 8: t.sendReturn(of: [leased])
        default: note(t.send(Queue.Extend(operation: leased.operation, lease: leased.lease), as: caller))
        }
    }

    private func sendTransaction() {
        guard let transaction = some(transactions) else { return }
        switch upTo(9) {
        case 0: note(t.send(Transaction.Commit(transaction: transaction)))
        case 1..<3: note(t.send(Transaction.Rollback(transaction: transaction)))
        default:
            let undo = Transaction.Undo(queue: .undos, payload: "1", policy: .every(100, maxAttempts: 2))
            note(t.send(Transaction.Step(transaction: transaction, name: "s", undo: chance(70) ? undo : nil)))
        }
    }

    private func note<M>(_ sent: TestEngine.Sent<M>) {
        others.append { [t] in t.refusal(sent) }
    }

    /// Reads the answers that have come.
    private func look() throws {
        for sent in others where sent()?.message.contains("planted") == true { failures += 1 }
        others = []
        for sent in began {
            if let transaction = try t.answer(sent)?.transaction { transactions.append(transaction) }
        }
        began = []
        waiting += leased
        leased = []
        var stillWaiting: [TestEngine.Sent<Queue.Lease>] = []
        var got: [Leased] = []
        for sent in waiting {
            guard let answer = try t.answer(sent) else {
                stillWaiting.append(sent)
                continue
            }
            got += answer.operations
        }
        waiting = stillWaiting
        got.sort { $0.lease < $1.lease }
        for leased in got {
            #expect(leased.lease > lastLease, "a token was given twice")
            lastLease = leased.lease
            lastOperation = max(lastOperation, leased.operation)
        }
        held += got
    }
}

@Suite("A long walk")
struct QueueWalkTests {
    @Test(
        "what the queues count is what is there, after 5,000 calls with failures and a restart", arguments: [1, 2, 3])
    func walk(seed: UInt64) throws {
        let walk = try QueueWalk(seed: seed)
        var hasRestarted = false
        var steps = 0
        var seen: Set<OperationState> = []
        while walk.calls < 5_000 {
            try walk.step()
            steps += 1
            if steps % 50 == 0 {
                #expect(try walk.t.miscounted() == [])
                let counts = try walk.t.read(Queue.Stats()).queues.map(\.counts)
                seen.formUnion(OperationState.allCases.filter { state in counts.contains { $0[state] > 0 } })
            }
            if !hasRestarted && walk.calls > 2_500 {
                hasRestarted = true
                let before = try walk.t.read(Queue.Stats()).queues.map(\.counts)
                try walk.restart()
                #expect(try walk.t.read(Queue.Stats()).queues.map(\.counts) == before)
            }
        }
        #expect(try walk.t.miscounted() == [])
        #expect(seen == [.scheduled, .ready, .leased, .done, .dead, .cancelled], "the walk has come by each")
        #expect(walk.failures > 0, "some calls failed after they had changed something")
    }

    @Test("the same seed makes the same history")
    func deterministic() throws {
        func history() throws -> [String] {
            let walk = try QueueWalk(seed: 4)
            while walk.calls < 1_500 { try walk.step() }
            return try walk.t.engine.database.read { db in
                try ["operations", "transactions", "steps", "queues", "errors", "counters"].flatMap {
                    try Row.fetchAll(db, sql: "SELECT * FROM \($0) ORDER BY 1, 2").map(\.description)
                }
            }
        }
        #expect(try history() == history())
    }
}
