import MendProtocol
import MendWire
import Testing

@testable import MendEngine

@Suite("Reading queues, and what comes back")
struct QueueReadTests {
    private let t: TestEngine
    init() throws { t = try TestEngine() }

    @Test(
        "a payload and a result come back as they were sent, to the last digit and escape",
        arguments: [
            "null", "1.10", "-0", "1e400", "9007199254740993", #""\u00e9\/\ud83d\ude00""#, "\"é\"", "\"e\u{301}\"",
            #"{"a":1, "a":2 ,"":[ ]}"#, #""\u0000""#, "[[],{}]", "\"line\u{2028}end\"",
        ])
    func exact(text: String) throws {
        let json = RawJSON(unchecked: text)
        let operation = try t.enqueue(.mail, json)
        try t.restart()
        let leased = try t.takeOne()
        #expect(leased.payload == json)
        try t.call(Queue.Complete(operation: operation, lease: leased.lease, result: json))
        try t.restart()
        let info = try t.call(Queue.Get(operation: operation))
        #expect(info.payload == json)
        #expect(info.result == json)
    }

    @Test("a result that is too long is refused, and the operation can still be completed")
    func largeResult() throws {
        try t.enqueue()
        let leased = try t.takeOne()
        let long = RawJSON.string(String(repeating: "x", count: t.engine.settings.resultMaxBytes))
        let error = try t.refusal(Queue.Complete(operation: leased.operation, lease: leased.lease, result: long))
        #expect(error?.reason == .tooLarge)
        #expect(error?.field == "result")
        #expect(try t.complete(leased) == .done)
    }

    @Test("a lease stops before its answer is too long, and the next one goes on there")
    func leaseBytes() throws {
        var settings = EngineSettings()
        settings.answerMaxBytes = 64 << 10
        let t = try TestEngine(settings: settings)
        let payload = RawJSON.string(String(repeating: "x", count: 10_000))
        let ids = try (0..<9).map { _ in try t.enqueue(.mail, payload) }
        var taken: [[Leased]] = []
        repeat { taken.append(try t.take(.mail, max: 9)) } while taken.last?.isEmpty == false
        #expect(taken.flatMap { $0 }.map(\.operation) == ids)
        #expect(taken.dropLast().allSatisfy { $0.count > 1 })
        for leased in taken {
            let answer = Queue.Lease.Answer(operations: leased)
            #expect(try WireEncoder.text(of: answer).utf8.count < 64 << 10)
        }
    }

    @Test("payload and result are shown to their user and to operators, not to others")
    func privatePayload() throws {
        let operation = try t.enqueue(.mail, #"{"secret":1}"#)
        let leased = try t.takeOne()
        try t.call(Queue.Complete(operation: operation, lease: leased.lease, result: "2"))
        for (caller, sees) in [(Caller.ada, true), (.root, true), (.bob, false)] {
            let info = try t.call(Queue.Get(operation: operation), as: caller)
            #expect(info.payload == (sees ? #"{"secret":1}"# : nil))
            #expect(info.result == (sees ? "2" : nil))
            #expect(info.state == .done)
        }
        #expect(try t.refusal(Queue.Get(operation: 99))?.reason == .notFound)
    }

    @Test("the list answers all in the order of their ids, page by page, none twice, without payloads")
    func pages() throws {
        let ids = try (0..<25).map { try t.enqueue($0 % 2 == 0 ? .mail : .print, "1", priority: 25 - $0) }
        var seen: [OperationInfo] = []
        var sizes: [Int] = []
        var after: Int64?
        repeat {
            let page = try t.read(Queue.List(limit: PageSize(10), after: after))
            seen += page.operations
            sizes.append(page.operations.count)
            after = page.next
        } while after != nil
        #expect(seen.map(\.operation) == ids)
        #expect(sizes == [10, 10, 5])
        #expect(seen.allSatisfy { $0.payload == nil })
        #expect(seen.map(\.queue).prefix(3) == [.mail, .print, .mail])
    }

    @Test("the list is filtered by queue and state")
    func filters() throws {
        let dead = try t.kill()
        let ready = try t.enqueue()
        let elsewhere = try t.enqueue(.print)
        func ids(_ list: Queue.List) throws -> [Int64] { try t.read(list).operations.map(\.operation) }
        #expect(try ids(Queue.List(queue: .mail)) == [dead, ready])
        #expect(try ids(Queue.List(state: .ready)) == [ready, elsewhere])
        #expect(try ids(Queue.List(queue: .mail, state: .dead)) == [dead])
        #expect(try ids(Queue.List(queue: .nowhere)).isEmpty)
        #expect(try ids(Queue.List(queue: .mail, after: dead)) == [ready])
    }

    @Test("a page of the list ends before its answer is too long")
    func listBytes() throws {
        var settings = EngineSettings()
        settings.answerMaxBytes = 4_096
        let t = try TestEngine(settings: settings)
        for number in 0..<50 { try t.enqueue(key: String(repeating: "k", count: 400) + "\(number)") }
        let page = try t.read(Queue.List())
        #expect((2..<10).contains(page.operations.count))
        #expect(page.next == page.operations.last?.operation)
        #expect(try WireEncoder.text(of: page).utf8.count < 4_096)
    }

    @Test("stats tell each queue by name, its counts, its limit, and how long something has been ready")
    func stats() throws {
        try t.enqueue(.high)
        try t.enqueue(.low, delayMs: 60_000)
        t.wait(2_500)
        let queues = try t.read(Queue.Stats()).queues
        #expect(queues.map(\.queue) == [.high, .low])
        #expect(queues.map(\.nextAgeMs) == [2_500, nil])
        #expect(queues.map(\.settings.maxSize) == [1_000_000, 1_000_000])
        #expect(queues[1].counts.scheduled == 1)
        #expect(queues[0].counts.ready == 1)
        #expect(try t.read(Queue.Stats(queue: .nowhere)).queues.isEmpty)
    }

    @Test("status adds up all queues and transactions")
    func status() throws {
        try t.kill(.mail)
        try t.enqueue(.print)
        let transaction = try t.begin()
        _ = try t.begin()
        try t.call(Transaction.Commit(transaction: transaction))
        let status = try t.read(System.Status())
        #expect(status.version == "9.8.7")
        #expect(status.instance == t.engine.instance)
        #expect(status.uptimeMs == 60)
        #expect(status.queues == 2)
        #expect(status.operations.ready == 1)
        #expect(status.operations.dead == 1)
        #expect(status.transactions == ["active": 1])
        #expect(status.errors == System.Status.ErrorCounts(reports: 1, groups: 1))
        #expect(status.connections == 3)
    }
}
