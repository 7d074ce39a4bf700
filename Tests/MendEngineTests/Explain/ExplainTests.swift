import MendProtocol
import MendWire
import Testing

@testable import MendEngine

@Suite("system.explain")
struct ExplainTests {
    let t: TestEngine

    init() throws { t = try TestEngine() }

    private func explain(_ subject: Subject) throws -> System.Explain.Answer { try t.read(System.Explain(subject)) }

    // MARK: Operations

    @Test("a scheduled operation tells its last failure and its next attempt")
    func scheduled() throws {
        let operation = try t.enqueue(maxAttempts: 5, policy: .every(20_000))
        try t.fail(try t.takeOne())
        let said = try explain(.operation(operation))
        #expect(said.state == "scheduled")
        #expect(said.why == ["attempt 1 of 5 failed with error 1 (transient): it did not work"])
        #expect(said.next == System.Explain.Next(at: t.now.wallMs + 20_000, what: "it is ready for attempt 2 of 5"))
        #expect(said.see == [.queue(.mail), .error(1)])
    }

    @Test("an operation that was asked for later says so")
    func later() throws {
        let delayed = try t.enqueue(delayMs: 5000)
        let promised = try t.enqueue(runAt: t.now.wallMs + 7000)
        #expect(try explain(.operation(delayed)).why == ["it was asked for later"])
        #expect(try explain(.operation(promised)).why == ["it was asked for at a point in time"])
        #expect(try explain(.operation(promised)).next?.at == t.now.wallMs + 7000)
    }

    @Test("a ready operation tells how many go before it, and that its queue is paused")
    func ready() throws {
        let first = try t.enqueue()
        let second = try t.enqueue()
        #expect(try explain(.operation(first)).why == ["it is the next one of its queue, and nobody has asked for it"])
        #expect(try explain(.operation(second)).why == ["1 operation before it in its queue"])
        try t.call(Queue.Pause(queue: .mail), as: .root)
        let paused = try explain(.operation(second))
        #expect(paused.why.first == "its queue mail is paused")
        #expect(paused.next == nil && paused.hint == "an operator lets it go with queue.resume")
    }

    @Test("a leased operation tells who has it, and when its lease ends")
    func leased() throws {
        let operation = try t.enqueue()
        var call = Queue.Lease(queues: [.mail])
        call.worker = "mailer-1"
        try t.call(call)
        let said = try explain(.operation(operation))
        #expect(said.why == ["worker mailer-1 of user 1000 has leased it, attempt 1 of 5"])
        #expect(said.next?.at == t.now.wallMs + 60_000)
    }

    @Test("an operation at its end tells how it ended, and what puts a dead one back")
    func ended() throws {
        let dead = try t.kill()
        #expect(
            try explain(.operation(dead)).why == ["attempt 1 of 5 failed with error 1 (validation): it did not work"])
        #expect(try explain(.operation(dead)).next == nil)
        #expect(try explain(.operation(dead)).hint == "queue.replay puts it back on its queue with all its attempts")
        let done = try t.enqueue()
        try t.complete(try t.takeOne())
        #expect(try explain(.operation(done)).why == ["it was completed at attempt 1 of 5"])
        #expect(try explain(.operation(done)).next?.what == "it is forgotten")
    }

    @Test("what has lost its worker says how often")
    func lost() throws {
        let operation = try t.enqueue()
        _ = try t.takeOne(leaseMs: 1000)
        try t.pass(1001)
        #expect(try explain(.operation(operation)).why.contains("it has lost 1 worker in a row"))
    }

    // MARK: Others

    @Test("a transaction that rolls back tells which undo it waits for, and what that waits for")
    func rollingBack() throws {
        let transaction = try t.begin()
        for _ in 0..<3 { try t.step(transaction) }
        try t.rollback(transaction)
        var call = Queue.Lease(queues: [.undos])
        call.worker = "w"
        try t.call(call)
        let said = try explain(.transaction(transaction))
        #expect(said.state == "rolling_back")
        #expect(said.why.contains("it waits for the undo of step 3, operation 1"))
        #expect(said.why.contains("operation 1: worker w of user 1000 has leased it, attempt 1 of 5"))
        #expect(said.next?.at == t.now.wallMs + 60_000)
        #expect(said.see == [.operation(1)])
        #expect(try explain(.operation(1)).why.contains("it is the undo of step 3 of transaction 1"))
    }

    @Test("an active transaction tells its deadline, a parked one its undo that failed")
    func transactions() throws {
        let active = try t.begin(timeoutMs: 5000)
        try t.step(active, confirm: false)
        let said = try explain(.transaction(active))
        #expect(said.why == ["1 step written down, 0 confirmed"])
        #expect(said.next == .init(at: t.now.wallMs + 5000, what: "its deadline passes, and it is rolled back"))
        try t.rollback(active)
        try t.fail(try t.takeOne(.undos), .validation)
        let parked = try explain(.transaction(active))
        #expect(parked.state == "parked" && parked.why.contains("the undo of step 1 used up its attempts"))
        #expect(parked.next == nil && parked.hint != nil)
    }

    @Test("an open breaker tells why it opened and when it tries again")
    func breaker() throws {
        var settings = Breaker.Configure(breaker: .mail)
        settings.failureThreshold = Setting(Count(1))
        try t.call(settings, as: .root)
        let call = TableCall(caller: .ada, now: t.now)
        let permit = try Breaker.Acquire(breaker: .mail).answer(from: t.engine.breakers, call: call).permit
        _ = try Breaker.Record(permit: try #require(permit), outcome: .failure)
            .answer(from: t.engine.breakers, call: call)
        try t.persistBreakers()
        let said = try explain(.breaker(.mail))
        #expect(said.state == "open" && said.why == ["it opened: 1 failure in a row"])
        #expect(said.next?.at == t.engine.breakers.info(.mail, now: t.now)?.retryAt)
        #expect(said.next?.at != nil)
    }

    @Test("a queue tells what is in it, and a paused one how it goes on")
    func queue() throws {
        let operation = try t.enqueue()
        try t.enqueue(delayMs: 1000)
        let said = try explain(.queue(.mail))
        #expect(said.state == "running")
        #expect(said.why == ["1 operation ready", "1 operation scheduled for later"])
        #expect(said.next?.what == "operation \(operation) goes to whoever leases next")
        try t.call(Queue.Pause(queue: .mail), as: .root)
        #expect(try explain(.queue(.mail)).state == "paused" && explain(.queue(.mail)).next == nil)
    }

    @Test("a report tells which rule decided, a group how often and when")
    func errors() throws {
        var report = Errors.Report(message: "disk full")
        report.service = "backup"
        report.category = .resource
        let verdict = try t.call(report)
        try t.pass(60_000)
        try t.call(report)
        try t.pass(5000)
        #expect(try explain(.error(verdict.error)).state == "resource")
        #expect(try explain(.error(verdict.error)).see == [.group(verdict.group)])
        #expect(
            try explain(.group(verdict.group)).why == [
                "backup: disk full", "it was reported 2 times within 60 s, the last time 5 s ago",
            ])
    }

    @Test("what does not exist is not found, and nothing or two things are refused")
    func refused() throws {
        for subject in [Subject.operation(9), .queue(.mail), .breaker(.mail), .transaction(9), .error(9), .group(9)] {
            #expect(#expect(throws: CallError.self) { try explain(subject) }?.reason == .notFound, "\(subject)")
        }
        for text in ["{}", #"{"operation":1,"queue":"q"}"#] {
            let call = try WireDecoder.decode(System.Explain.self, from: JSONDocument(parsing: text).root)
            #expect(#expect(throws: CallError.self) { try t.read(call) }?.reason == .invalidParams)
        }
    }

    @Test("what is meant is written in one word, and comes back as it was written")
    func subjects() {
        for text in ["op:1207", "queue:undo.1000", "breaker:a/b:c", "txn:3", "error:17", "group:2"] {
            #expect(Subject(text)?.description == text)
        }
        #expect(Subject("operation:5") == .operation(5) && Subject("transaction:5") == .transaction(5))
        for text in ["", "5", "op:", "op:x", "queue:", "queue:a b", "thing:5"] { #expect(Subject(text) == nil) }
    }
}
