import MendProtocol
import Testing

@testable import MendEngine

@Suite("Slow calls open a breaker")
struct BreakerSlowCallTests {
    private static func slow(_ settings: inout BreakerSettings) {
        settings.slowCallDurationMs = 1000
        settings.slowCallRateThreshold = 0.5
        settings.minimumCalls = 4
        settings.windowCalls = 8
    }

    @Test(
        "slow_call_rate_threshold opens it by the share of calls that take slow_call_duration_ms, from minimum_calls on",
        arguments: [nil, 10_000] as [Int64?])
    func opens(windowMs: Int64?) {
        let bench = BreakerBench {
            Self.slow(&$0)
            $0.windowMs = windowMs
        }
        for durationMs in [1000, 999, 5000] { bench.call(.success, durationMs: Int64(durationMs)) }
        #expect(bench.info.windowSlow == 2)
        #expect(bench.machine.state == .closed, "three calls say nothing yet")
        bench.call(.success, durationMs: 0)
        #expect(bench.machine.state == .open)
        #expect(bench.refusal()?.why == "2 of the last 4 calls were slow")
    }

    @Test("a call that does not say how long it took has taken as long as its permit was out")
    func measured() {
        let bench = BreakerBench(Self.slow)
        let permit = bench.permit()
        bench.pass(1000)
        bench.finish(permit, .success)
        bench.call(.success)
        #expect(bench.info.windowSlow == 1)
        #expect(bench.info.windowCalls == 2)
    }

    @Test("a slow failure is both, an ignored call is neither")
    func failuresToo() {
        let bench = BreakerBench(Self.slow)
        bench.call(.timeout, durationMs: 1000)
        bench.call(.ignored, durationMs: 1000)
        #expect(bench.info.windowCalls == 1)
        #expect(bench.info.windowFailures == 1)
        #expect(bench.info.windowSlow == 1)
    }

    @Test("old calls leave the window, slow or not")
    func leave() {
        let bench = BreakerBench {
            Self.slow(&$0)
            $0.slowCallRateThreshold = 1
        }
        for _ in 0..<3 { bench.call(.success, durationMs: 2000) }
        for _ in 0..<7 { bench.call(.success, durationMs: 1) }
        #expect(bench.info.windowSlow == 1)
        bench.call(.success, durationMs: 1)
        #expect(bench.info.windowSlow == 0)
    }

    @Test("a slow call that tries in half-open opens it again where slow calls open it, and only there")
    func halfOpen() {
        let bench = BreakerBench(Self.slow)
        _ = bench.open()
        bench.passRecovery()
        bench.call(.success, durationMs: 1000)
        #expect(bench.machine.state == .open)
        #expect(bench.refusal()?.why == "a call that tried in half-open was slow")
        bench.machine.configure(bench.machine.settings.with(\.slowCallRateThreshold, nil), at: bench.now)
        bench.passRecovery()
        bench.call(.success, durationMs: 1000)
        #expect(bench.machine.state == .halfOpen)
    }

    @Test("without slow_call_duration_ms no call is slow")
    func unused() {
        let bench = BreakerBench()
        bench.call(.success, durationMs: 86_400_000)
        #expect(bench.info.windowSlow == nil)
    }

    @Test("slow_call_rate_threshold alone is refused")
    func contradiction() throws {
        let bench = TableBench()
        var change = Breaker.Configure(breaker: Name(unchecked: "billing"))
        change.slowCallRateThreshold = Setting(Share(0.5))
        let error = #expect(throws: CallError.self) { try bench.table.configure(change, now: bench.now) }
        #expect(error?.field == "slow_call_rate_threshold")
        change.slowCallDurationMs = Setting(PositiveMilliseconds(1000))
        _ = try bench.table.configure(change, now: bench.now)
        change = Breaker.Configure(breaker: Name(unchecked: "billing"))
        change.slowCallDurationMs = .unset
        let other = #expect(throws: CallError.self) { try bench.table.configure(change, now: bench.now) }
        #expect(other?.field == "slow_call_duration_ms")
    }
}

@Suite("Settings change while a breaker works")
struct BreakerSettingChangeTests {
    private let billing = Name(unchecked: "billing")

    @Test("null takes a setting back to its default, and what is left out stays")
    func unset() throws {
        let bench = TableBench()
        var change = Breaker.Configure(breaker: billing)
        change.failureThreshold = Setting(Count(3))
        change.failureRateThreshold = Setting(Share(0.5))
        change.windowMs = Setting(PositiveMilliseconds(1000))
        change.permitMs = Setting(PositiveMilliseconds(7))
        _ = try bench.table.configure(change, now: bench.now)
        change = Breaker.Configure(breaker: billing)
        change.failureThreshold = .unset
        change.failureRateThreshold = .unset
        change.windowMs = .unset
        let settings = try bench.table.configure(change, now: bench.now).info.settings
        #expect(settings == BreakerSettings().with(\.permitMs, 7))
        change = Breaker.Configure(breaker: billing)
        change.permitMs = .unset
        _ = try bench.table.configure(change, now: bench.now)
        #expect(bench.table.takeDirty().allSatisfy { $0.isAtRest(at: bench.now) }, "its row would say nothing")
    }

    @Test("a window that is counted from now on keeps the calls that were timed, and the other way round")
    func betweenCountingAndTiming() {
        let bench = BreakerBench {
            $0.windowMs = 10_000
            $0.failureThreshold = 1000
            $0.slowCallDurationMs = 10
        }
        for _ in 0..<3 {
            bench.call(.failure, durationMs: 10)
            bench.call(.success, durationMs: 1)
            bench.pass(2000)
        }
        let counts = { [bench.info.windowCalls, bench.info.windowFailures, bench.info.windowSlow ?? -1] }
        let timed = bench.machine.settings
        bench.machine.configure(timed.with(\.windowMs, nil), at: bench.now)
        #expect(counts() == [6, 3, 3])
        bench.machine.configure(timed, at: bench.now)
        #expect(counts() == [6, 3, 3])
        bench.pass(8999)
        #expect(counts() == [6, 3, 3], "they count as just made")
        bench.pass(10_000)
        #expect(counts() == [0, 0, 0])
    }

    @Test("where a counted window is too small for what was timed, the latest calls stay, with their share of failures")
    func smallerWindow() {
        let bench = BreakerBench {
            $0.windowMs = 10_000
            $0.failureThreshold = 1000
        }
        for _ in 0..<100 { bench.call(.failure) }
        bench.pass(5000)
        for index in 0..<100 { bench.call(index % 4 == 0 ? .failure : .success) }
        let settings = bench.machine.settings.with(\.windowMs, nil).with(\.windowCalls, 20)
        bench.machine.configure(settings, at: bench.now)
        #expect(bench.info.windowCalls == 20)
        #expect(bench.info.windowFailures == 5)
    }

    @Test("counting slow calls from now on keeps the calls that were counted")
    func slowFromNowOn() {
        let bench = BreakerBench()
        bench.call(.failure)
        bench.call(.success)
        bench.machine.configure(bench.machine.settings.with(\.slowCallDurationMs, 10), at: bench.now)
        bench.call(.success, durationMs: 10)
        #expect(bench.info.windowCalls == 3)
        #expect(bench.info.windowFailures == 1)
        #expect(bench.info.windowSlow == 1)
        bench.machine.configure(bench.machine.settings.with(\.slowCallDurationMs, nil), at: bench.now)
        #expect(bench.info.windowFailures == 1)
        #expect(bench.info.windowSlow == nil)
    }
}
