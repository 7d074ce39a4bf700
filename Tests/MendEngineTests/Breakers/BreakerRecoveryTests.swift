import MendProtocol
import Testing

@testable import MendEngine

@Suite("A breaker recovers")
struct BreakerRecoveryTests {
    @Test("an open breaker denies and says when asking again is worth it")
    func openDenies() {
        let bench = BreakerBench()
        let waitMs = bench.open()
        bench.pass(waitMs - 1)
        #expect(bench.refusal()?.retryAfterMs == 1)
        #expect(bench.machine.state == .open)
        #expect(bench.info.retryAt == bench.now.wallMs + 1)
        #expect(bench.info.denied == 1)
    }

    @Test("after the recovery timeout the next call is let through to try, and no other with it")
    func halfOpenLimit() {
        let bench = BreakerBench()
        _ = bench.open()
        bench.passRecovery()
        let permit = bench.permit()
        #expect(bench.machine.state == .halfOpen)
        bench.pass(10_000)
        #expect(bench.refusal()?.retryAfterMs == 50_000, "the permit ends after 60 s")
        bench.finish(permit, .success)
        _ = bench.permit()
    }

    @Test("half-open lets half_open_permits through at a time")
    func severalHalfOpenPermits() {
        let bench = BreakerBench {
            $0.halfOpenPermits = 3
            $0.successThreshold = 10
        }
        _ = bench.open()
        bench.passRecovery()
        let permits = [bench.permit(), bench.permit(), bench.permit()]
        #expect(bench.refusal() != nil)
        bench.finish(permits[1], .success)
        _ = bench.permit()
        #expect(bench.refusal() != nil)
    }

    @Test("success_threshold successes close it, and the counts begin anew")
    func closes() {
        let bench = BreakerBench()
        _ = bench.open()
        bench.passRecovery()
        bench.call(.success)
        #expect(bench.machine.state == .halfOpen)
        bench.call(.success)
        #expect(bench.machine.state == .closed)
        #expect(bench.info.since == bench.now.wallMs)
        #expect(bench.info.consecutiveFailures == 0)
        #expect(bench.info.windowCalls == 0)
        #expect(bench.info.retryAt == nil)
    }

    @Test("one failure in half-open opens it again")
    func reopens() {
        let bench = BreakerBench { $0.successThreshold = 3 }
        _ = bench.open()
        bench.passRecovery()
        bench.call(.success)
        bench.call(.success)
        bench.call(.failure)
        #expect(bench.machine.state == .open)
        #expect(bench.refusal()?.why == "a call that tried in half-open failed")
        bench.passRecovery()
        bench.call(.success)
        bench.call(.success)
        #expect(bench.machine.state == .halfOpen, "successes of the earlier try do not count")
    }

    @Test("an ignored outcome in half-open frees the slot and decides nothing")
    func ignoredInHalfOpen() {
        let bench = BreakerBench()
        _ = bench.open()
        bench.passRecovery()
        for _ in 0..<10 { bench.call(.ignored) }
        #expect(bench.machine.state == .halfOpen)
    }

    @Test("the recovery timeout doubles with each reopening up to its cap, within 80 % to 120 %", arguments: 1...20)
    func growth(seed: UInt64) {
        let bench = BreakerBench(seed: seed) {
            $0.recoveryTimeoutMs = 1000
            $0.maxRecoveryTimeoutMs = 10_000
        }
        var waits = [bench.open()]
        for _ in 0..<80 {
            bench.passRecovery()
            bench.call(.failure)
            waits.append(bench.open())
        }
        let ranges: [ClosedRange<Int64>] = [800...1200, 1600...2400, 3200...4800, 6400...9600]
        for (wait, range) in zip(waits, ranges) { #expect(range.contains(wait)) }
        #expect(waits.dropFirst(4).allSatisfy { (8000...10_000).contains($0) }, "also after 80 openings")
        #expect(Set(waits.dropFirst(4)).count > 30, "it is spread at the cap too")
    }

    @Test("the longest timeouts that can be set do not overflow")
    func longestTimeouts() {
        let bench = BreakerBench {
            $0.recoveryTimeoutMs = PositiveMilliseconds.range.upperBound / 3
            $0.maxRecoveryTimeoutMs = PositiveMilliseconds.range.upperBound
        }
        _ = bench.open()
        for _ in 0..<70 {
            bench.passRecovery()
            bench.call(.failure)
            #expect((1...PositiveMilliseconds.range.upperBound).contains(bench.open()))
        }
    }

    @Test("the recovery timeout is at the base again after it was closed for twice as long as it last waited")
    func healthyAgain() {
        let bench = BreakerBench {
            $0.recoveryTimeoutMs = 1000
            $0.maxRecoveryTimeoutMs = 1_000_000
        }
        for _ in 0..<5 {
            _ = bench.open()
            bench.passRecovery()
            bench.call(.failure)
        }
        let lastWait = bench.open()
        #expect(lastWait >= 25_600)
        bench.passRecovery()
        bench.call(.success)
        bench.call(.success)
        let impatient = BreakerBench(copying: bench)
        impatient.pass(2 * lastWait - 1)
        #expect(impatient.open() >= 51_200, "it was closed, but not yet healthy")
        bench.pass(2 * lastWait)
        #expect((800...1200).contains(bench.open()))
    }

    @Test("a breaker that opens again soon after it closed waits longer")
    func soonAgain() {
        let bench = BreakerBench()
        #expect((8000...12_000).contains(bench.open()))
        bench.passRecovery()
        bench.call(.success)
        bench.call(.success)
        #expect((16_000...24_000).contains(bench.open()))
    }

    @Test("a lower cap shortens the wait of a breaker that is open")
    func lowerCap() {
        let bench = BreakerBench()
        _ = bench.open()
        var settings = bench.machine.settings
        settings.recoveryTimeoutMs = 100
        settings.maxRecoveryTimeoutMs = 500
        bench.machine.configure(settings, at: bench.now)
        bench.pass(500)
        _ = bench.permit()
        #expect(bench.machine.state == .halfOpen)
    }
}
