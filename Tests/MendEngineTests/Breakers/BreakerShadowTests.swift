import MendProtocol
import Testing

@testable import MendEngine

@Suite("A breaker in shadow decides and counts, and never denies")
struct BreakerShadowTests {
    private func granted(_ bench: BreakerBench) -> String? {
        guard case .granted(let why) = bench.acquire() else { return nil }
        return why
    }

    @Test("what would be denied is granted, counted, and told")
    func open() {
        let bench = BreakerBench { $0.shadow = true }
        _ = bench.open()
        #expect(bench.machine.state == .open)
        #expect(granted(bench) == "only in shadow: 5 failures in a row")
        #expect(bench.info.shadowDenied == 1)
        #expect(bench.info.denied == 0)
        #expect(bench.info.permits == 1)
    }

    @Test("in half-open, at max_concurrent, over the retry budget and held open by hand it denies as little")
    func everyRefusal() {
        let bench = BreakerBench {
            $0.shadow = true
            $0.maxConcurrent = 1
        }
        #expect(granted(bench) == "closed")
        #expect(granted(bench)?.hasPrefix("only in shadow: as many calls are under way") == true)
        bench.pass(60_000)
        _ = bench.open()
        bench.passRecovery()
        #expect(granted(bench)?.hasPrefix("half-open") == true)
        #expect(granted(bench)?.hasPrefix("only in shadow: half-open") == true)
        bench.machine.force(.forcedOpen, at: bench.now)
        #expect(granted(bench) == "only in shadow: held open by an operator")
        #expect(bench.info.denied == 0)
        #expect(bench.info.shadowDenied == 3)
    }

    @Test("it opens and closes as it would without shadow: what only shadow let through decides nothing")
    func decidesTheSame() {
        let bench = BreakerBench { $0.shadow = true }
        _ = bench.open()
        let passed = bench.permit()
        bench.passRecovery()
        let trial = bench.permit()
        let beside = bench.permit()
        #expect(bench.finish(passed, .failure))
        #expect(bench.finish(beside, .failure))
        #expect(bench.machine.state == .halfOpen)
        bench.finish(trial, .success)
        bench.call(.success)
        #expect(bench.machine.state == .closed)
        #expect(bench.info.consecutiveFailures == 0)
        #expect(bench.info.permits == 0)
    }

    @Test("a permit that only shadow gave ends like any other")
    func ends() throws {
        let bench = BreakerBench { $0.shadow = true }
        _ = bench.open()
        let (lost, abandoned) = (bench.permit(), bench.permit())
        #expect(bench.machine.holder(of: lost) == 1000)
        bench.machine.abandon(abandoned)
        bench.pass(60_000)
        #expect(bench.info.permits == 0)
        #expect(bench.info.abandoned == 2)
        #expect(!bench.finish(lost, .success))
    }

    @Test("operations that are tied to it are leased in half-open, too, as many as there are")
    func lends() throws {
        var bench = TableBench()
        let billing = Name(unchecked: "billing")
        try bench.open(billing)
        bench.pass(12_000)
        #expect(try bench.acquire(billing).state == .halfOpen)
        var change = Breaker.Configure(breaker: billing)
        change.shadow = .to(true)
        _ = try bench.table.configure(change, now: bench.now)
        #expect(bench.table.gate(of: billing, now: bench.now) == .wide)
        for _ in 0..<2 {
            guard case .given = bench.table.lend(billing, to: 1000, now: bench.now, leased: { _ in 9 }) else {
                Issue.record("refused")
                return
            }
        }
    }

    @Test("once it is out of shadow it denies, and permits that shadow gave still decide nothing")
    func outOfShadow() {
        let bench = BreakerBench { $0.shadow = true }
        _ = bench.open()
        let passed = bench.permit()
        bench.machine.configure(bench.machine.settings.with(\.shadow, nil), at: bench.now)
        #expect(bench.refusal() != nil)
        bench.passRecovery()
        _ = bench.permit()
        bench.finish(passed, .success)
        #expect(bench.refusal() != nil, "the slot is not that permit's")
    }
}

@Suite("What says nothing about the dependency decides nothing")
struct BreakerIgnoredTests {
    private let billing = Name(unchecked: "billing")

    @Test("an ignored outcome gives the permit back and counts for nothing else, in half-open too")
    func ignored() {
        let bench = BreakerBench()
        bench.call(.failure)
        bench.call(.ignored)
        #expect(bench.info.consecutiveFailures == 1)
        #expect(bench.info.windowCalls == 1)
        #expect(bench.info.ignored == 1)
        _ = bench.open()
        bench.passRecovery()
        for _ in 0..<3 { bench.call(.ignored) }
        #expect(bench.machine.state == .halfOpen)
        _ = bench.permit()
    }

    @Test("an error's category decides whether a failure counts", arguments: Category.allCases)
    func category(category: MendProtocol.Category) throws {
        let t = try TestEngine()
        let call = TableCall(caller: .ada, now: t.now)
        for outcome in [MendProtocol.Outcome.failure, .timeout] {
            let acquired = try Breaker.Acquire(breaker: billing).answer(from: t.engine.breakers, call: call)
            var error = Errors.Report(message: "it went wrong")
            error.category = category
            _ = try Breaker.Record(permit: try #require(acquired.permit), outcome: outcome, error: error)
                .answer(from: t.engine.breakers, call: call)
        }
        let info = try #require(t.engine.breakers.info(billing, now: t.now))
        let answered: Set<MendProtocol.Category> = [
            .validation, .permanent, .data, .businessLogic, .inventory, .notification,
        ]
        #expect(info.consecutiveFailures == (answered.contains(category) ? 0 : 2))
        #expect(info.ignored == (answered.contains(category) ? 2 : nil))
        #expect(info.permits == 0)
    }

    @Test("fallback use is counted: where a call is denied that has one, and where a failed call had one")
    func fallbacks() throws {
        let bench = TableBench()
        func acquire() throws -> Breaker.Acquire.Answer {
            try bench.table.acquire(billing, uid: 1000, fallback: true, now: bench.now)
        }
        let permit = try #require(try acquire().permit)
        #expect(bench.table.info(billing, now: bench.now)?.fallbacks == nil, "it was not needed")
        for _ in 0..<2 {
            _ = try bench.table.record(
                permit: permit, outcome: .failure, counts: true, fallback: true, uid: 1000, isOperator: false,
                now: bench.now)
        }
        #expect(bench.table.info(billing, now: bench.now)?.fallbacks == 1, "a stale outcome is not counted")
        try bench.open(billing)
        #expect(try !acquire().granted)
        #expect(try !bench.acquire(billing).granted)
        #expect(bench.table.info(billing, now: bench.now)?.fallbacks == 2)
    }
}

@Suite("retry_budget bounds the host's retries as a share of its calls")
struct BreakerRetryBudgetTests {
    private func retry(_ bench: BreakerBench) -> BreakerMachine.Decision { bench.acquire(retry: true) }

    private func isGranted(_ decision: BreakerMachine.Decision) -> Bool {
        if case .granted = decision { true } else { false }
    }

    @Test("ten retries a minute are free, and more only as a share of all calls; what is denied says why and when")
    func share() {
        let bench = BreakerBench { $0.retryBudget = 0.2 }
        for _ in 0..<10 { #expect(isGranted(retry(bench))) }
        #expect(
            retry(bench)
                == .denied(
                    why: "10 of the last minute's 10 calls were retries, and retry_budget is 0.2", retryAfterMs: 6000))
        #expect(bench.info.denied == 1)
        #expect(bench.info.retries == 10)
        for _ in 0..<44 { _ = bench.permit() }
        #expect(isGranted(retry(bench)), "11 of 55")
        #expect(!isGranted(retry(bench)), "12 of 56")
        _ = bench.permit()
        #expect(bench.info.permits == 56, "a call that is no retry is never denied by it")
    }

    @Test("the budget is of the last minute")
    func window() {
        let bench = BreakerBench { $0.retryBudget = 0.1 }
        for _ in 0..<10 { _ = retry(bench) }
        bench.pass(53_999)
        #expect(!isGranted(retry(bench)))
        bench.pass(6001)
        #expect(isGranted(retry(bench)))
    }

    @Test("a denied retry spends nothing, and one that an open breaker denies neither")
    func denied() {
        let bench = BreakerBench { $0.retryBudget = 0.1 }
        _ = bench.open()
        for _ in 0..<50 { _ = retry(bench) }
        #expect(bench.info.retries == nil)
        bench.machine.reset(at: bench.now)
        for _ in 0..<10 { #expect(isGranted(retry(bench))) }
    }

    @Test("a new share takes over what was counted; without a budget retries are only counted")
    func changed() {
        let bench = BreakerBench { $0.retryBudget = 0.1 }
        for _ in 0..<10 { _ = retry(bench) }
        bench.machine.configure(bench.machine.settings.with(\.retryBudget, 1), at: bench.now)
        #expect(isGranted(retry(bench)))
        bench.machine.configure(bench.machine.settings.with(\.retryBudget, 0.1), at: bench.now)
        #expect(!isGranted(retry(bench)))
        bench.machine.configure(bench.machine.settings.with(\.retryBudget, nil), at: bench.now)
        #expect(isGranted(retry(bench)))
        #expect(bench.info.retries == 12)
    }
}
