import MendProtocol
import Testing

@testable import MendEngine

@Suite("system.explain of breakers and of queues with limits")
struct ExplainBreakerTests {
    let t: TestEngine

    init() throws { t = try TestEngine() }

    private func explain(_ subject: Subject = .breaker(.billing)) throws -> System.Explain.Answer {
        try t.read(System.Explain(subject))
    }

    private func configure(_ change: (inout Breaker.Configure) -> Void) throws {
        var call = Breaker.Configure(breaker: .billing)
        change(&call)
        try t.call(call, as: .root)
    }

    @Test("what opened by slow calls says so at once, before that is written down")
    func causeAtOnce() throws {
        try configure {
            $0.slowCallDurationMs = .number(100)
            $0.slowCallRateThreshold = .to(Share(0.5)!)
            $0.minimumCalls = .number(1)
        }
        let permit = try #require(try t.acquire().permit)
        t.wait(200)
        _ = try Breaker.Record(permit: permit, outcome: .success)
            .answer(from: t.engine.breakers, call: TableCall(caller: .bob, now: t.now))
        #expect(try explain().why == ["it opened: the last call was slow"])
    }

    @Test("an open one whose time is over says that the next call is let through to try, and names no time")
    func timeOver() throws {
        try t.configureBreaker()
        try t.open()
        #expect(try explain().next?.at == t.breaker().retryAt)
        t.wait(2000)
        let said = try explain()
        #expect(said.why == ["it opened: 1 failure in a row", "its time is over, and nobody has asked it since"])
        #expect(said.next == .init(what: "the next call is let through to try; it closes after 2 successes"))
    }

    @Test("one at max_concurrent says so, and that a call has to end")
    func crowded() throws {
        try configure { $0.maxConcurrent = .number(1) }
        try t.acquire()
        let said = try explain()
        #expect(
            said.why == ["as many calls are under way as max_concurrent (1) allows", "1 permit out"])
        #expect(said.next == .init(what: "a call that is under way ends, and another one may go"))
    }

    @Test("one whose retry budget is used up says that retries are denied")
    func retryBudget() throws {
        try configure { $0.retryBudget = .to(Share(0.1)!) }
        for _ in 0..<10 {
            let permit = try t.engine.breakers.acquire(.billing, uid: 1000, retry: true, now: t.now).permit
            try t.record(permit, .success, as: .ada)
        }
        let said = try explain()
        #expect(
            said.why.contains(
                "retries are denied: 10 of the last minute's 10 calls were retries, and retry_budget is 0.1"))
    }

    @Test("one in shadow says that it denies nothing, and what it would have denied")
    func shadow() throws {
        try t.configureBreaker()
        try configure { $0.shadow = .to(true) }
        try t.open()
        try t.acquire()
        let said = try explain()
        #expect(said.why.first == "it is in shadow: it denies nothing, and only counts what it would have denied")
        #expect(said.why.last == "it would have denied 1 call since the daemon started")
        #expect(said.next?.what == "the next call counts as one that tries; it closes after 2 successes")
    }

    @Test("the journal says of a deleted breaker that it was deleted")
    func deleted() throws {
        try t.configureBreaker()
        try t.open()
        try t.call(Breaker.Delete(breaker: .billing), as: .root)
        var list = Events.List()
        list.filter.breaker = .billing
        #expect(try t.read(list).events.map(\.message).contains("billing closed, by hand: it was deleted"))
    }

    // MARK: Queues

    @Test("a queue tells the limits in force, and those that are reached")
    func limits() throws {
        try t.configure {
            $0.maxConcurrent = .number(2)
            $0.rate = try? .perSecond(1)
            $0.maxSize = .number(2)
        }
        let operation = try t.enqueue()
        let free = try explain(.queue(.mail))
        #expect(
            free.why == [
                "at most 2 operations leased at a time", "at most 1 a second leased", "1 operation ready",
            ])
        #expect(free.next?.what == "operation \(operation) goes to whoever leases next")
        try t.takeOne()
        try t.enqueue()
        let used = try explain(.queue(.mail))
        #expect(
            used.why.prefix(3) == [
                "at most 2 operations leased at a time", "its rate of 1 a second is used up for now",
                "it is full: it holds 2 live operations, and refuses new ones",
            ])
        #expect(used.next == .init(at: t.now.wallMs + 1000, what: "its rate lets the next operation go"))
        try t.configure { $0.maxConcurrent = .number(1) }
        #expect(try explain(.queue(.mail)).why.first == "1 operation leased, as many as max_concurrent allows")
        #expect(
            try explain(.queue(.mail)).next == .init(what: "a lease of its operations ends, and the next one may go"))
    }

    @Test("a queue whose breaker's half-open permit is out promises nothing to whoever leases next")
    func halfOpen() throws {
        try t.tie()
        try t.enqueue()
        try t.enqueue()
        try t.open()
        t.wait(2000)
        try t.takeOne()
        let said = try explain(.queue(.mail))
        #expect(said.why.first == "its breaker billing is half_open: as many calls as may try are under way")
        #expect(
            said.next == .init(what: "a call that its breaker has let through ends, and the next operation may go"))
    }

    @Test("a queue whose breaker is held open by hand says who lets it go on")
    func forced() throws {
        try t.tie()
        try t.enqueue()
        try t.force()
        let said = try explain(.queue(.mail))
        #expect(said.next == nil && said.hint == "an operator gives the breaker back to itself with breaker.reset")
    }

    @Test("a queue tells of the replay that is under way, and what it waits for")
    func replay() throws {
        for _ in 0..<3 { try t.kill() }
        var replay = Queue.Replay(queue: .mail)
        replay.canary = true
        try t.call(replay, as: .root)
        let said = try explain(.queue(.mail))
        #expect(
            said.why.last
                == "a replay of its dead letters is under way, 1 put back; it goes on when operation 1 is done")
        #expect(said.see.contains(.operation(1)))
        try t.call(.replayStop, as: .root)
        #expect(try !explain(.queue(.mail)).why.contains { $0.contains("replay") })
    }
}

extension WriterMethod where Self == Queue.Replay {
    fileprivate static var replayStop: Self {
        var call = Queue.Replay(queue: .mail)
        call.stop = true
        return call
    }
}
