import MendProtocol
import Testing

@testable import MendEngine

@Suite("Breakers are configured by pattern")
struct BreakerPatternTests {
    private let api = Name(unchecked: "billing-api")
    private let web = Name(unchecked: "web")

    private func say(
        _ t: TestEngine, _ pattern: String, _ set: (inout Breaker.Configure) -> Void
    ) throws -> BreakerSettings {
        var call = Breaker.Configure(pattern: try #require(NamePattern(pattern)))
        set(&call)
        return try t.call(call, as: .root)
    }

    private func settings(_ t: TestEngine, _ breaker: Name) throws -> BreakerSettings {
        _ = try t.engine.breakers.acquire(breaker, uid: 1000, now: t.now)
        return try #require(t.engine.breakers.info(breaker, now: t.now)).settings
    }

    @Test("what is said by name comes first, then what the longest pattern says, then shorter ones, then defaults")
    func precedence() throws {
        let t = try TestEngine()
        var call = Breaker.Configure(breaker: api)
        call.failureThreshold = Setting(Count(1))
        try t.call(call, as: .root)
        _ = try say(t, "billing-*") {
            $0.failureThreshold = Setting(Count(2))
            $0.successThreshold = Setting(Count(3))
        }
        let all = try say(t, "*") {
            $0.successThreshold = Setting(Count(4))
            $0.halfOpenPermits = Setting(Count(5))
        }
        #expect(all == BreakerSettings().with(\.successThreshold, 4).with(\.halfOpenPermits, 5))
        let ofApi = try settings(t, api)
        #expect(
            ofApi
                == BreakerSettings().with(\.failureThreshold, 1).with(\.successThreshold, 3).with(\.halfOpenPermits, 5))
        #expect(try settings(t, web) == all)
        call.failureThreshold = .unset
        #expect(try t.call(call, as: .root) == ofApi.with(\.failureThreshold, 2), "null gives it back to the pattern")
    }

    @Test("a pattern holds at once for breakers that are there, which keep their counts and permits")
    func existing() throws {
        let t = try TestEngine()
        let table = t.engine.breakers
        for _ in 0..<3 {
            let permit = try #require(try table.acquire(api, uid: 1000, now: t.now).permit)
            _ = try table.record(
                permit: permit, outcome: .failure, counts: true, uid: 1000, isOperator: false, now: t.now)
        }
        let permit = try #require(try table.acquire(api, uid: 1000, now: t.now).permit)
        _ = try say(t, "billing-*") {
            $0.failureThreshold = Setting(Count(4))
            $0.windowMs = Setting(PositiveMilliseconds(1000))
        }
        let info = try #require(table.info(api, now: t.now))
        #expect(info.consecutiveFailures == 3)
        #expect(info.windowFailures == 3)
        #expect(info.permits == 1)
        let answer = try table.record(
            permit: permit, outcome: .failure, counts: true, uid: 1000, isOperator: false, now: t.now)
        #expect(answer.state == .open)
    }

    @Test("patterns are listed, come back after a restart, and can be removed")
    func listed() throws {
        let t = try TestEngine()
        _ = try say(t, "billing-*") { $0.failureThreshold = Setting(Count(2)) }
        _ = try say(t, "*") { $0.permitMs = Setting(PositiveMilliseconds(5)) }
        _ = try settings(t, api)
        try t.restart()
        let table = t.engine.breakers
        #expect(try settings(t, api) == BreakerSettings().with(\.failureThreshold, 2).with(\.permitMs, 5))
        let list = table.list(limit: 10, now: t.now)
        #expect(list.patterns?.map { $0.pattern?.text } == ["*", "billing-*"])
        #expect(list.patterns?.last?.failureThreshold == Setting(Count(2)))
        #expect(table.list(limit: 10, after: api, now: t.now).patterns == nil)

        try t.call(Breaker.Delete(pattern: try #require(NamePattern("billing-*"))), as: .root)
        #expect(try settings(t, api) == BreakerSettings().with(\.permitMs, 5))
        _ = try say(t, "*") { $0.permitMs = .unset }
        #expect(table.list(limit: 10, now: t.now).patterns == nil, "a pattern that says nothing is none")
        #expect(try t.number("SELECT count(*) FROM breaker_patterns") == 0)
        let refusal = try t.refusal(Breaker.Delete(pattern: try #require(NamePattern("billing-*"))), as: .root)
        #expect(refusal?.reason == .notFound)
        #expect(refusal?.field == "pattern")
    }

    @Test("a breaker of which only a pattern says something has no row, and comes back as it says")
    func noRow() throws {
        let t = try TestEngine()
        _ = try say(t, "billing-*") { $0.failureThreshold = Setting(Count(1)) }
        let permit = try #require(try t.engine.breakers.acquire(api, uid: 1000, now: t.now).permit)
        _ = try t.engine.breakers.record(
            permit: permit, outcome: .failure, counts: true, uid: 1000, isOperator: false, now: t.now)
        try t.call(Breaker.Reset(breaker: api), as: .root)
        #expect(try t.number("SELECT count(*) FROM breakers") == 0)
        try t.restart()
        #expect(try settings(t, api).failureThreshold == 1)
    }

    @Test("contradictions, too many patterns, and a call about neither or both are refused by name")
    func refused() throws {
        let t = try TestEngine()
        _ = try say(t, "*") {
            $0.windowCalls = Setting(Count(10))
            $0.minimumCalls = Setting(Count(10))
        }
        var call = Breaker.Configure(pattern: try #require(NamePattern("b*")))
        call.minimumCalls = Setting(Count(11))
        #expect(try t.refusal(call, as: .root)?.field == "minimum_calls")
        for index in 1..<Breakers.maxPatterns {
            _ = try say(t, "p\(index)-*") { $0.failureThreshold = Setting(Count(2)) }
        }
        call.minimumCalls = Setting(Count(9))
        #expect(try t.refusal(call, as: .root)?.reason == .tooLarge)
        call.breaker = api
        #expect(try t.refusal(call, as: .root)?.reason == .invalidParams)
        call.pattern = nil
        call.breaker = nil
        #expect(try t.refusal(call, as: .root)?.field == "breaker")
    }

    @Test("a pattern whose commit failed says nothing")
    func undone() throws {
        let t = try TestEngine()
        _ = try settings(t, api)
        try t.failing("INSERT ON breaker_patterns", when: "true")
        var call = Breaker.Configure(pattern: try #require(NamePattern("*")))
        call.failureThreshold = Setting(Count(1))
        #expect(try t.refusal(call, as: .root) != nil)
        try t.failNoMore()
        #expect(try settings(t, api) == BreakerSettings())
        #expect(t.engine.breakers.list(limit: 1, now: t.now).patterns == nil)
    }

    @Test("a pattern is the beginning of a name and a star", arguments: ["", "a", "a*b", "a**", "a *", "*a"])
    func malformed(text: String) {
        #expect(NamePattern(text) == nil)
    }
}

@Suite("Breakers are deleted")
struct BreakerDeleteTests {
    private let billing = Name(unchecked: "billing")

    @Test("a deleted breaker is forgotten with its state, counts and settings, on disk too, and begins anew by its use")
    func deleted() throws {
        let t = try TestEngine()
        var call = Breaker.Configure(breaker: billing)
        call.failureThreshold = Setting(Count(3))
        try t.call(call, as: .root)
        try t.call(Breaker.Force(breaker: billing, state: .forcedOpen), as: .root)
        #expect(try t.call(Breaker.Delete(breaker: billing), as: .root).abandoned == 0)
        #expect(t.engine.breakers.info(billing, now: t.now) == nil)
        #expect(try t.number("SELECT count(*) FROM breakers") == 0)
        let events = try t.read(Events.List(filter: EventFilter()), as: .root).events
        #expect(
            events.map(\.kind).suffix(4) == [.breakerForced, .operatorCall, .breakerClosed, .operatorCall],
            "who waits for it sees it close")
        try t.restart()
        let answer = try t.engine.breakers.acquire(billing, uid: 1000, now: t.now)
        #expect(answer.state == .closed)
        #expect(t.engine.breakers.info(billing, now: t.now)?.settings == BreakerSettings())
        #expect(try t.refusal(Breaker.Delete(breaker: .mail), as: .root)?.reason == .notFound)
    }

    @Test("its permits are abandoned: what is recorded of them is stale, and decides nothing for the next of its name")
    func permits() throws {
        let t = try TestEngine()
        let table = t.engine.breakers
        let permits = try (0..<3).map { _ in try table.acquire(billing, uid: 1000, now: t.now).permit }
        #expect(try t.call(Breaker.Delete(breaker: billing), as: .root).abandoned == 3)
        _ = try table.acquire(billing, uid: 1000, now: t.now)
        for permit in permits {
            let answer = try table.record(
                permit: try #require(permit), outcome: .failure, counts: true, uid: 1000, isOperator: false, now: t.now)
            #expect(answer.stale == true)
        }
        #expect(table.info(billing, now: t.now)?.consecutiveFailures == 0)
        #expect(table.info(billing, now: t.now)?.permits == 1)
    }

    @Test("a delete whose commit failed leaves the breaker as it was, but for its permits")
    func undone() throws {
        let t = try TestEngine()
        var call = Breaker.Configure(breaker: billing)
        call.failureThreshold = Setting(Count(3))
        try t.call(call, as: .root)
        try t.call(Breaker.Force(breaker: billing, state: .forcedOpen), as: .root)
        let before = t.engine.breakers.info(billing, now: t.now)
        try t.failing("INSERT ON events", when: "NEW.kind = 'breaker.closed'")
        #expect(try t.refusal(Breaker.Delete(breaker: billing), as: .root) != nil)
        try t.failNoMore()
        #expect(t.engine.breakers.info(billing, now: t.now) == before)
        try t.persistBreakers()
        try t.restart()
        #expect(t.engine.breakers.info(billing, now: t.now)?.state == .forcedOpen)
        #expect(t.engine.breakers.info(billing, now: t.now)?.settings.failureThreshold == 3)
    }
}

@Suite("A user can only make so many breakers")
struct BreakerQuotaTests {
    private func name(_ index: Int) -> Name { Name(unchecked: "b\(index)") }

    @Test("one more is refused with the limit and a hint, and others go on")
    func quota() throws {
        let bench = TableBench(maxPerUser: 2)
        for index in 0..<2 { _ = try bench.acquire(name(index), uid: 1001) }
        let error = #expect(throws: CallError.self) { try bench.acquire(name(2), uid: 1001) }
        #expect(error?.reason == .tooLarge)
        #expect(error?.message == "user 1001 has made 2 breakers, and no more are kept for one user")
        #expect(error?.hint?.contains("breaker.max_per_user") == true)
        #expect(try bench.acquire(name(2), uid: 1002).granted)
        #expect(try bench.acquire(name(2), uid: 1001).granted, "whose it is does not matter for its use")
        _ = try bench.table.force(name(3), .disabled, now: bench.now)
    }

    @Test("those that are at rest make room, and deleted ones do")
    func room() throws {
        var bench = TableBench(maxPerUser: 2)
        for index in 0..<2 { try bench.record(try bench.acquire(name(index)).permit, .success) }
        #expect(try bench.acquire(name(2)).granted)
        #expect(bench.table.list(limit: 9, now: bench.now).breakers.map(\.breaker) == [name(2)])
        _ = try bench.acquire(name(3))
        _ = try bench.table.delete(name(3), by: .root, now: bench.now)
        #expect(try bench.acquire(name(4)).granted)
        bench.pass(1000)
        #expect(throws: CallError.self) { try bench.acquire(name(5)) }
    }

    @Test("whose a breaker is outlives a restart")
    func restart() throws {
        var settings = EngineSettings()
        settings.breakerMaxPerUser = 1
        let t = try TestEngine(settings: settings)
        let permit = try #require(try t.engine.breakers.acquire(name(0), uid: 1000, now: t.now).permit)
        _ = try t.engine.breakers.record(
            permit: permit, outcome: .success, counts: true, uid: 1000, isOperator: false, now: t.now)
        try t.call(Breaker.Force(breaker: name(0), state: .disabled), as: .root)
        try t.restart()
        #expect(throws: CallError.self) { try t.engine.breakers.acquire(name(1), uid: 1000, now: t.now) }
    }
}

@Suite("A dry run of a breaker's methods is answered, and changes nothing")
struct BreakerDryRunTests {
    private let billing = Name(unchecked: "billing")
    private let dry = Meta(dryRun: true)

    private func call(_ t: TestEngine) -> TableCall { TableCall(caller: .ada, meta: dry, now: t.now) }

    @Test("acquire gives no permit, makes no breaker and changes no state")
    func acquire() throws {
        let t = try TestEngine()
        let table = t.engine.breakers
        let first = try Breaker.Acquire(breaker: billing).answer(from: table, call: call(t))
        #expect(first == Breaker.Acquire.Answer(granted: true, state: .closed, why: "closed"))
        #expect(table.info(billing, now: t.now) == nil)
        for _ in 0..<5 {
            let permit = try #require(try table.acquire(billing, uid: 1000, now: t.now).permit)
            _ = try table.record(
                permit: permit, outcome: .failure, counts: true, uid: 1000, isOperator: false, now: t.now)
        }
        #expect(try !Breaker.Acquire(breaker: billing).answer(from: table, call: call(t)).granted)
        t.wait(12_000)
        #expect(try Breaker.Acquire(breaker: billing).answer(from: table, call: call(t)).state == .halfOpen)
        let info = try #require(table.info(billing, now: t.now))
        #expect(info.state == .open)
        #expect(info.denied == 0)
        #expect(info.permits == 0)
    }

    @Test("record takes no permit and opens nothing, and refuses what it would refuse")
    func record() throws {
        let t = try TestEngine()
        let table = t.engine.breakers
        var change = Breaker.Configure(breaker: billing)
        change.failureThreshold = Setting(Count(1))
        try t.call(change, as: .root)
        let permit = try #require(try table.acquire(billing, uid: 1000, now: t.now).permit)
        let answer = try Breaker.Record(permit: permit, outcome: .failure).answer(from: table, call: call(t))
        #expect(answer == Breaker.Record.Answer(breaker: billing, state: .open))
        #expect(table.info(billing, now: t.now)?.state == .closed)
        #expect(table.info(billing, now: t.now)?.permits == 1)
        #expect(throws: CallError.self) {
            try Breaker.Record(permit: 99, outcome: .success).answer(from: table, call: call(t))
        }
    }

    @Test("configure, force, reset and delete answer as they would, and nobody ever sees it")
    func byHand() throws {
        let t = try TestEngine()
        let table = t.engine.breakers
        var change = Breaker.Configure(breaker: billing)
        change.failureThreshold = Setting(Count(1))
        #expect(try t.call(change, as: .root, meta: dry).failureThreshold == 1)
        #expect(table.info(billing, now: t.now) == nil)
        _ = try table.acquire(billing, uid: 1000, now: t.now)
        let before = table.info(billing, now: t.now)
        #expect(try t.call(change, as: .root, meta: dry).failureThreshold == 1)
        #expect(try t.call(Breaker.Force(breaker: billing, state: .disabled), as: .root, meta: dry).state == .disabled)
        #expect(try t.call(Breaker.Reset(breaker: billing), as: .root, meta: dry).state == .closed)
        #expect(try t.call(Breaker.Delete(breaker: billing), as: .root, meta: dry).abandoned == 1)
        var pattern = Breaker.Configure(pattern: try #require(NamePattern("*")))
        pattern.failureThreshold = Setting(Count(2))
        #expect(try t.call(pattern, as: .root, meta: dry).failureThreshold == 2)
        #expect(table.info(billing, now: t.now) == before)
        #expect(table.list(limit: 9, now: t.now).patterns == nil)
        #expect(!table.hasUnsaved)
        #expect(
            try t.read(Events.List(filter: EventFilter()), as: .root).events.allSatisfy { $0.kind == .daemonStarted })
        let refusal = try t.refusal(Breaker.Reset(breaker: .mail), as: .root, meta: dry)
        #expect(refusal?.reason == .notFound)
    }
}
