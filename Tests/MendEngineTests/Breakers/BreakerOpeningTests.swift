import MendProtocol
import Testing

@testable import MendEngine

@Suite("A breaker opens")
struct BreakerOpeningTests {
    @Test("five failures in a row open it by default, four do not")
    func consecutiveFailures() {
        let bench = BreakerBench()
        for _ in 0..<4 { bench.call(.failure) }
        #expect(bench.machine.state == .closed)
        bench.call(.failure)
        #expect(bench.machine.state == .open)
        #expect(bench.refusal()?.why == "5 failures in a row")
    }

    @Test("a success between failures begins the row anew")
    func successBetween() {
        let bench = BreakerBench()
        for outcome in [MendProtocol.Outcome.failure, .failure, .failure, .failure, .success, .failure] {
            bench.call(outcome)
        }
        #expect(bench.machine.state == .closed)
        #expect(bench.info.consecutiveFailures == 1)
    }

    @Test("a timeout counts as a failure")
    func timeoutCounts() {
        let bench = BreakerBench { $0.failureThreshold = 2 }
        bench.call(.timeout)
        bench.call(.failure)
        #expect(bench.machine.state == .open)
    }

    @Test("an ignored outcome gives its permit back and counts nothing")
    func ignoredCountsNothing() {
        let bench = BreakerBench { $0.failureThreshold = 2 }
        bench.call(.failure)
        bench.call(.ignored)
        #expect(bench.info.consecutiveFailures == 1)
        #expect(bench.info.windowCalls == 1)
        #expect(bench.info.permits == 0)
        bench.call(.failure)
        #expect(bench.machine.state == .open)
    }

    @Test("the share of failures opens it, once enough calls are in the window")
    func rateOfCalls() {
        let bench = BreakerBench {
            $0.failureRateThreshold = 0.5
            $0.minimumCalls = 10
            $0.windowCalls = 20
        }
        for _ in 0..<4 {
            bench.call(.failure)
            bench.call(.success)
        }
        bench.call(.failure)
        #expect(bench.machine.state == .closed, "five of nine failed, but nine calls say nothing yet")
        bench.call(.success)
        #expect(bench.machine.state == .open)
        #expect(bench.refusal()?.why == "5 of the last 10 calls failed")
    }

    @Test("without a rate threshold any share of failures leaves it closed")
    func noRate() {
        let bench = BreakerBench()
        for _ in 0..<100 {
            for _ in 0..<4 { bench.call(.failure) }
            bench.call(.success)
        }
        #expect(bench.machine.state == .closed)
        #expect(bench.info.windowCalls == 100)
        #expect(bench.info.windowFailures == 80)
    }

    @Test("calls that have left the window do not count", arguments: [3, 64, 65, 130])
    func countWindowMoves(size: Int64) {
        let bench = BreakerBench {
            $0.failureThreshold = 1000
            $0.windowCalls = size
            $0.minimumCalls = 1
        }
        for _ in 0..<(2 * size) { bench.call(.failure) }
        #expect(bench.info.windowCalls == size)
        #expect(bench.info.windowFailures == size)
        for _ in 0..<(size - 1) { bench.call(.success) }
        #expect(bench.info.windowFailures == 1)
        bench.call(.success)
        #expect(bench.info.windowFailures == 0)
        #expect(bench.info.windowCalls == size)
    }

    @Test("a window of time counts the calls of the last so many milliseconds")
    func timeWindow() {
        let bench = BreakerBench {
            $0.failureThreshold = 1000
            $0.failureRateThreshold = 0.5
            $0.minimumCalls = 4
            $0.windowMs = 10_000
        }
        for _ in 0..<3 { bench.call(.failure) }
        bench.pass(8999)
        #expect(bench.info.windowCalls == 3)
        bench.pass(1001)
        bench.call(.failure)
        #expect(bench.machine.state == .closed, "the first three are too old")
        #expect(bench.info.windowCalls == 1)
        bench.pass(5000)
        for _ in 0..<3 { bench.call(.success) }
        #expect(bench.machine.state == .closed)
        for _ in 0..<2 { bench.call(.failure) }
        #expect(bench.machine.state == .open, "three of six")
    }

    @Test("a window of time forgets everything after a long silence", arguments: [1, 7, 15, 10_000, 86_400_000])
    func timeWindowAfterSilence(windowMs: Int64) {
        let bench = BreakerBench { $0.windowMs = windowMs }
        bench.call(.failure)
        bench.call(.success)
        #expect(bench.info.windowCalls == 2)
        bench.pass(2 * windowMs + 10)
        bench.call(.success)
        #expect(bench.info.windowCalls == 1)
        #expect(bench.info.windowFailures == 0)
    }

    @Test("a window keeps its last calls when it is made smaller or larger")
    func resizedCountWindow() {
        let bench = BreakerBench { $0.windowCalls = 70 }
        for index in 0..<100 { bench.call(index % 4 == 0 ? .failure : .success) }
        var settings = bench.machine.settings
        settings.windowCalls = 8
        bench.machine.configure(settings, at: bench.now)
        #expect(bench.info.windowCalls == 8)
        #expect(bench.info.windowFailures == 2)
        settings.windowCalls = 200
        bench.machine.configure(settings, at: bench.now)
        #expect(bench.info.windowCalls == 8)
        for _ in 0..<192 { bench.call(.success) }
        #expect(bench.info.windowFailures == 2, "both are still among the last 200")
        for _ in 0..<8 { bench.call(.success) }
        #expect(bench.info.windowFailures == 0)
    }

    @Test("a window of time keeps its calls when its length is changed")
    func resizedTimeWindow() {
        let bench = BreakerBench { $0.windowMs = 1000 }
        bench.pass(100_000)
        bench.call(.failure)
        bench.pass(500)
        bench.call(.success)
        var settings = bench.machine.settings
        settings.windowMs = 60_000
        bench.machine.configure(settings, at: bench.now)
        #expect(bench.info.windowCalls == 2)
        bench.pass(5000)
        bench.call(.success)
        settings.windowMs = 1000
        bench.machine.configure(settings, at: bench.now)
        #expect(bench.info.windowFailures == 0, "the failure is older than the window is now")
    }
}
