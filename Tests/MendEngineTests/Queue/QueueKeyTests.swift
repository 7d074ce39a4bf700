import MendProtocol
import MendWire
import Testing

@testable import MendEngine

@Suite("Keys that deduplicate, and the queue's limit")
struct QueueKeyTests {
    private let t: TestEngine
    init() throws { t = try TestEngine() }

    private func isDuplicate(_ queue: Name = .mail, of first: Int64) throws -> Bool {
        let answer = try t.call(.enqueue(queue, "2", key: "k"))
        #expect(answer.deduplicated == (answer.operation == first))
        return answer.deduplicated
    }

    @Test("a second enqueue with the key of a live operation answers the first, which stays as it was")
    func deduplicates() throws {
        let first = try t.enqueue(.mail, "1", key: "k")
        #expect(try isDuplicate(of: first))
        #expect(try t.call(Queue.Get(operation: first)).payload == "1")
        #expect(try t.counts().ready == 1)
    }

    @Test("a scheduled and a leased operation are live, too")
    func liveStates() throws {
        let first = try t.enqueue(delayMs: 1_000, key: "k")
        #expect(try isDuplicate(of: first))
        try t.pass(1_000)
        _ = try t.takeOne()
        #expect(try isDuplicate(of: first))
    }

    @Test("the key of a done, dead or cancelled operation is free")
    func endedStates() throws {
        let done = try t.enqueue(key: "k")
        try t.complete(try t.takeOne())
        #expect(try !isDuplicate(of: done))
        let dead = try t.takeOne()
        try t.fail(dead, .validation)
        #expect(try !isDuplicate(of: dead.operation))
        let cancelled = try t.takeOne().operation
        try t.call(Queue.Cancel(operation: cancelled))
        #expect(try !isDuplicate(of: cancelled))
    }

    @Test("each queue has its own keys")
    func perQueue() throws {
        let first = try t.enqueue(.mail, key: "k")
        #expect(try !isDuplicate(.print, of: first))
    }

    @Test("two with one key in one batch are one operation")
    func sameBatch() throws {
        let first = t.send(.enqueue(key: "k"))
        let second = t.send(.enqueue(key: "k"))
        try t.commit()
        #expect(try t.answer(first)?.operation == t.answer(second)?.operation)
        #expect(try t.answer(second)?.deduplicated == true)
    }

    @Test("a key has a longest length")
    func longKey() throws {
        let error = try t.refusal(.enqueue(key: String(repeating: "k", count: 513)))
        #expect(error?.reason == .tooLarge)
        #expect(error?.field == "key")
    }

    @Test("a full queue refuses, and takes again when something has ended; its duplicates are answered meanwhile")
    func full() throws {
        var settings = EngineSettings()
        settings.queueMaxSize = 2
        let t = try TestEngine(settings: settings)
        let first = try t.enqueue(key: "k")
        try t.enqueue(delayMs: 60_000)
        let error = try t.refusal(.enqueue())
        #expect(error?.reason == .queueFull)
        #expect(error?.retryAfterMs != nil)
        #expect(try t.call(.enqueue(key: "k")).operation == first)
        #expect(try t.enqueue(.print) > first, "another queue has room")
        try t.complete(try t.takeOne())
        try t.enqueue()
        #expect(try t.refusal(.enqueue())?.reason == .queueFull)
    }

    @Test("the limit holds within one batch")
    func fullWithinBatch() throws {
        var settings = EngineSettings()
        settings.queueMaxSize = 3
        let t = try TestEngine(settings: settings)
        let sent = (0..<5).map { _ in t.send(.enqueue()) }
        try t.commit()
        #expect(sent.map { t.refusal($0)?.reason } == [nil, nil, nil, .queueFull, .queueFull])
        #expect(try t.counts().ready == 3)
    }

    @Test("there is a limit to the number of queues, too")
    func tooManyQueues() throws {
        var settings = EngineSettings()
        settings.queueMaxCount = 2
        let t = try TestEngine(settings: settings)
        try t.enqueue(.high, as: .root)
        try t.enqueue(.low)
        #expect(try t.refusal(.enqueue(.mail))?.reason == .tooLarge)
        try t.enqueue(.low)
        #expect(try t.read(Queue.Stats()).queues.map(\.queue) == [.high, .low])
    }

    @Test("a payload that could not be answered is refused")
    func largePayload() throws {
        var settings = EngineSettings()
        settings.answerMaxBytes = 8_000
        let t = try TestEngine(settings: settings)
        let fits = RawJSON(unchecked: "\"" + String(repeating: "x", count: 5_998) + "\"")
        let operation = try t.enqueue(.mail, fits)
        let error = try t.refusal(.enqueue(.mail, RawJSON(unchecked: fits.text + " ")))
        #expect(error?.reason == .tooLarge)
        #expect(error?.field == "payload")
        let leased = try t.takeOne()
        #expect(leased.operation == operation)
        #expect(leased.payload == fits)
    }
}
