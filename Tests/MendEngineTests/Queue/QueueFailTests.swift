import MendProtocol
import MendWire
import Testing

@testable import MendEngine

@Suite("Failed operations")
struct QueueFailTests {
    private let t: TestEngine
    init() throws { t = try TestEngine() }

    /// The delays that a policy chose for an operation until it was dead, without waiting longer than that.
    private func delays(_ policy: PolicyChoice?, seed: UInt64 = 1, maxAttempts: Int64? = nil) throws -> [Int64] {
        let t = try TestEngine(seed: seed)
        try t.enqueue(maxAttempts: maxAttempts, policy: policy)
        var delays: [Int64] = []
        while delays.count < 100 {
            let answer = try t.fail(try t.takeOne())
            guard answer.state == .scheduled else { return delays }
            delays.append(try #require(answer.retryAt) - t.now.wallMs)
            try t.pass(try #require(delays.last))
        }
        return delays
    }

    @Test("a failure that may pass puts the operation back after the policy's delay")
    func retry() throws {
        let operation = try t.enqueue(policy: .every(2_000))
        let answer = try t.fail(try t.takeOne())
        #expect(answer.state == .scheduled)
        #expect(answer.retryAt == t.now.wallMs + 2_000)
        #expect(answer.verdict.retry == RetryDecision(allowed: true, afterMs: 2_000, attempt: 1, maxAttempts: 5))
        let info = try t.call(Queue.Get(operation: operation))
        #expect(info.readyAt == answer.retryAt)
        #expect(info.lastError == answer.verdict.error)
        #expect(info.lastMessage == "it did not work")
        try t.pass(1_999)
        #expect(try t.take(.mail).isEmpty)
        try t.pass(1)
        #expect(try t.takeOne().attempt == 2)
    }

    @Test("attempts run out: the last failure makes it dead, without another delay")
    func runsOut() throws {
        #expect(try delays(.every(10, maxAttempts: 4)) == [10, 10, 10])
    }

    @Test("max_attempts stands over the policy's, in both directions")
    func maxAttempts() throws {
        #expect(try delays(.named(.quick), maxAttempts: 1).isEmpty)
        #expect(try delays(.named(.quick), maxAttempts: 6).count == 5)
        let leased = try {
            try t.enqueue(maxAttempts: 9, policy: .named(.quick))
            return try t.takeOne()
        }()
        #expect(leased.maxAttempts == 9)
        #expect(try t.fail(leased).verdict.retry.maxAttempts == 9)
    }

    @Test("a named policy decides over delays and attempts; standard where nothing is said")
    func named() throws {
        let quick = try delays(.named(.quick))
        #expect(quick.count == 2)
        #expect((250...500).contains(quick[0]))
        #expect((500...1_000).contains(quick[1]))
        let standard = try delays(nil)
        #expect(standard == (try delays(.named(.standard))))
        #expect(standard.count == 4)
        for (index, delay) in standard.enumerated() {
            #expect((500 << index...1_000 << index).contains(delay))
        }
    }

    @Test("the same seed chooses the same delays, another one others")
    func seeded() throws {
        let delays = try delays(.named(.patient), seed: 7)
        #expect(delays.count == 9)
        #expect(try self.delays(.named(.patient), seed: 7) == delays)
        #expect(try self.delays(.named(.patient), seed: 8) != delays)
    }

    @Test("decorrelated jitter goes on from the last delay, over a restart, too")
    func decorrelated() throws {
        let policy = PolicyChoice.inline(
            RetryPolicy(
                baseMs: PositiveMilliseconds(unchecked: 1_000), maxDelayMs: PositiveMilliseconds(unchecked: 10_000_000),
                jitter: .decorrelated, maxAttempts: Attempts(unchecked: 1_000)))
        try t.enqueue(policy: policy)
        var last: Int64 = 1_000
        var most: Int64 = 0
        for _ in 0..<40 {
            let delay = try #require(try t.fail(try t.takeOne()).verdict.retry.afterMs)
            #expect((1_000...3 * last).contains(delay))
            last = delay
            most = max(most, delay)
            try t.restart()
            try t.pass(delay)
        }
        #expect(most > 3_000, "without the last delay it could never be more than three times the base")
    }

    @Test("no attempt begins later than max_elapsed_ms after the first failure")
    func maxElapsed() throws {
        #expect(try delays(.every(1_000, maxAttempts: 100, maxElapsedMs: 2_500)) == [1_000, 1_000])
        let operation = try t.enqueue(policy: .every(1_000, maxAttempts: 100, maxElapsedMs: 5_000))
        try t.pass(60_000)
        #expect(try t.fail(try t.takeOne()).state == .scheduled, "time before the first failure does not count")
        try t.pass(30_000)
        #expect(try t.fail(try t.takeOne()).state == .dead)
        #expect(try t.state(operation) == .dead)
    }

    @Test("a policy that does not exist or contradicts itself is refused at enqueue, and nothing is kept")
    func badPolicy() throws {
        #expect(try t.refusal(.enqueue(policy: .named(.nowhere)))?.field == "policy")
        let upsideDown = RetryPolicy(
            baseMs: PositiveMilliseconds(unchecked: 10), maxDelayMs: PositiveMilliseconds(unchecked: 5))
        #expect(try t.refusal(.enqueue(policy: .inline(upsideDown)))?.field == "policy.base_ms")
        #expect(try t.number("SELECT count(*) FROM operations") == 0)
    }

    @Test(
        "a failure that trying again does not change is dead at once",
        arguments: [MendProtocol.Category.validation, .permanent, .data, .businessLogic, .configuration, .inventory])
    func permanent(category: MendProtocol.Category) throws {
        let operation = try t.enqueue(maxAttempts: 9)
        let answer = try t.fail(try t.takeOne(), category)
        #expect(answer.state == .dead)
        #expect(answer.retryAt == nil)
        #expect(!answer.verdict.retry.allowed)
        let info = try t.call(Queue.Get(operation: operation))
        #expect(info.state == .dead)
        #expect(info.endedAt == t.now.wallMs)
        #expect(info.lastError == answer.verdict.error)
        #expect(try t.counts().dead == 1)
    }

    @Test("its error is stored for its user, with the operation's correlation as its task")
    func stored() throws {
        try t.call(.enqueue(), meta: Meta(correlation: .task))
        let answer = try t.fail(try t.takeOne())
        let report = try t.call(Errors.Get(error: answer.verdict.error))
        #expect(report.message == "it did not work")
        #expect(report.task == "task-7")
        #expect(report.uid == 1000)
    }

    @Test("the operation keeps the message without its secrets")
    func masked() throws {
        let operation = try t.enqueue()
        let leased = try t.takeOne()
        let error = Errors.Report(message: "refused password=hunter2 for a")
        try t.call(Queue.Fail(operation: leased.operation, lease: leased.lease, error: error))
        let message = try #require(try t.call(Queue.Get(operation: operation)).lastMessage)
        #expect(message.contains("refused"))
        #expect(!message.contains("hunter2"))
    }
}
