import MendProtocol
import MendWire
import Testing

@testable import MendEngine

@Suite("Purging a queue")
struct QueuePurgeTests {
    private let t: TestEngine
    init() throws { t = try TestEngine() }

    private func purge(
        _ queue: Name = .mail, _ states: [OperationState]? = nil, olderThanMs: Int64? = nil, limit: Int64? = nil,
        after: Int64? = nil
    ) throws -> Queue.Purge.Answer {
        try t.call(
            Queue.Purge(
                queue: queue, states: states, olderThanMs: olderThanMs.map(Milliseconds.init(unchecked:)),
                limit: limit.map(PageSize.init(unchecked:)), after: after), as: .root)
    }

    /// One operation in each state that there is, by state.
    private func oneOfEach() throws -> [OperationState: Int64] {
        var all: [OperationState: Int64] = [:]
        all[.dead] = try t.kill()
        all[.done] = try t.enqueue()
        try t.complete(t.takeOne())
        all[.cancelled] = try t.enqueue()
        try t.call(Queue.Cancel(operation: try #require(all[.cancelled])))
        all[.leased] = try t.enqueue()
        try t.takeOne()
        all[.scheduled] = try t.enqueue(delayMs: 500)
        all[.ready] = try t.enqueue()
        return all
    }

    @Test("without states, what has ended goes, and what is live stays")
    func ended() throws {
        let all = try oneOfEach()
        #expect(try purge() == Queue.Purge.Answer(purged: 3, remaining: 0, next: nil))
        for (state, operation) in all {
            if state.isLive {
                #expect(try t.state(operation) == state)
            } else {
                #expect(try t.refusal(Queue.Get(operation: operation))?.reason == .notFound)
            }
        }
        #expect(try t.miscounted().isEmpty)
    }

    @Test("live ones go when they are named, and leased ones never")
    func live() throws {
        let all = try oneOfEach()
        #expect(try purge(.mail, [.ready, .scheduled]).purged == 2)
        #expect(try t.refusal(Queue.Get(operation: #require(all[.ready])))?.reason == .notFound)
        #expect(try t.refusal(Queue.Purge(queue: .mail, states: [.leased]), as: .root)?.field == "states")
        #expect(try t.state(#require(all[.leased])) == .leased)
        #expect(try t.counts().dead == 1)
        try t.pass(600)
        #expect(try t.miscounted().isEmpty)
    }

    @Test("only those that ended, or were enqueued, so long ago")
    func olderThan() throws {
        try t.kill()
        let waiting = try t.enqueue()
        try t.pass(10_000)
        let young = try t.kill(.print)
        try t.pass(5_000)
        #expect(try purge(.print, olderThanMs: 5_001) == Queue.Purge.Answer(purged: 0, remaining: 1, next: nil))
        #expect(try purge(.print, olderThanMs: 5_000).purged == 1)
        #expect(try t.refusal(Queue.Get(operation: young)) != nil)
        #expect(try purge(.mail, [.dead, .ready], olderThanMs: 15_000).purged == 2)
        #expect(try t.refusal(Queue.Get(operation: waiting)) != nil)
    }

    @Test("it goes page by page, passes by other queues, and looks at a bounded number of operations")
    func pages() throws {
        for _ in 0..<5 {
            try t.enqueue(.print)
            try t.enqueue()
        }
        let first = try purge(.mail, [.ready], limit: 2)
        #expect(first == Queue.Purge.Answer(purged: 2, remaining: 3, next: 4))
        #expect(try purge(.mail, [.ready], limit: 2, after: first.next) == .init(purged: 2, remaining: 1, next: 8))
        #expect(try purge(.mail, [.ready], limit: 2, after: 8) == .init(purged: 1, remaining: 0, next: nil))
        #expect(try t.counts(.print).ready == 5)
    }

    @Test("undos of transactions are not purged, dead or alive")
    func undos() throws {
        let transaction = try t.begin()
        try t.step(transaction, policy: .every(1, maxAttempts: 1))
        try t.rollback(transaction)
        #expect(try purge(.undos, [.ready]) == Queue.Purge.Answer(purged: 0, remaining: 1, next: nil))
        try t.fail(t.takeOne(.undos))
        #expect(try t.state(ofTransaction: transaction) == .parked)
        #expect(try purge(.undos).purged == 0)
    }

    @Test("a dry run says what would go, and purges nothing; a queue that is not there is told")
    func dryRun() throws {
        try t.kill()
        let answer = try t.call(Queue.Purge(queue: .mail), as: .root, meta: Meta(dryRun: true))
        #expect(answer.purged == 1)
        #expect(try t.counts().dead == 1)
        #expect(try t.refusal(Queue.Purge(queue: .nowhere), as: .root)?.reason == .notFound)
    }

    @Test("the key of a purged operation is free")
    func key() throws {
        let first = try t.enqueue(key: "k")
        #expect(try purge(.mail, [.ready]).purged == 1)
        #expect(try t.enqueue(key: "k") > first)
    }
}
