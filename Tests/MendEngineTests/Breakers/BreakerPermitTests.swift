import MendProtocol
import Testing

@testable import MendEngine

@Suite("A permit is a lease")
struct BreakerPermitTests {
    @Test("an abandoned permit frees its half-open slot, so that a breaker is never stuck half-open")
    func abandonedFreesSlot() {
        let bench = BreakerBench { $0.permitMs = 5000 }
        _ = bench.open()
        bench.passRecovery()
        let lost = bench.permit()
        bench.pass(4999)
        #expect(bench.refusal()?.retryAfterMs == 1)
        bench.pass(1)
        let next = bench.permit()
        #expect(bench.abandoned == [lost])
        #expect(bench.info.abandoned == 1)
        #expect(!bench.finish(lost, .failure), "its outcome comes too late")
        #expect(bench.machine.state == .halfOpen)
        #expect(bench.finish(next, .success))
    }

    @Test("an abandoned permit counts neither as success nor as failure")
    func abandonedCountsNothing() {
        let bench = BreakerBench { $0.failureThreshold = 1 }
        _ = bench.permit()
        bench.pass(60_000)
        bench.call(.success)
        #expect(bench.info.windowCalls == 1)
        #expect(bench.info.windowFailures == 0)
        #expect(bench.machine.state == .closed)
    }

    @Test("a changed permit_ms holds for permits that are out")
    func changedPermitMs() {
        let bench = BreakerBench()
        let permit = bench.permit()
        bench.pass(2000)
        var settings = bench.machine.settings
        settings.permitMs = 1000
        bench.machine.configure(settings, at: bench.now)
        #expect(!bench.finish(permit, .success))
    }

    @Test("calls that were under way when it opened do not reopen it in half-open")
    func lateFailures() {
        let bench = BreakerBench { $0.successThreshold = 1 }
        let slow = [bench.permit(), bench.permit(), bench.permit()]
        _ = bench.open()
        #expect(bench.finish(slow[0], .failure))
        bench.passRecovery()
        let trial = bench.permit()
        #expect(bench.finish(slow[1], .failure), "the permit is given back")
        #expect(bench.machine.state == .halfOpen)
        bench.finish(trial, .success)
        #expect(bench.machine.state == .closed)
        bench.finish(slow[2], .failure)
        #expect(bench.info.consecutiveFailures == 0)
        #expect(bench.info.permits == 0)
    }

    @Test("calls that were under way when it opened do not close it in half-open, nor take its slots")
    func lateSuccesses() {
        let bench = BreakerBench()
        let slow = [bench.permit(), bench.permit()]
        _ = bench.open()
        bench.passRecovery()
        _ = bench.permit()
        #expect(bench.info.permits == 3)
        for permit in slow { bench.finish(permit, .success) }
        #expect(bench.machine.state == .halfOpen)
        #expect(bench.refusal() != nil, "a late permit frees no half-open slot that it never took")
    }

    @Test("a permit that is returned twice counts once")
    func returnedTwice() {
        let bench = BreakerBench { $0.failureThreshold = 2 }
        let permit = bench.permit()
        #expect(bench.finish(permit, .failure))
        #expect(!bench.finish(permit, .failure))
        #expect(bench.info.consecutiveFailures == 1)
    }

    @Test("a breaker gives at most 10,000 permits at a time, and says when one ends")
    func bounded() {
        let bench = BreakerBench()
        for _ in 0..<BreakerMachine.maxPermits { _ = bench.permit() }
        bench.pass(1000)
        #expect(bench.acquire() == .exhausted(retryAfterMs: 59_000))
        bench.finish(5000, .success)
        _ = bench.permit()
        bench.pass(59_000)
        _ = bench.permit()
        #expect(bench.info.permits == 2)
        #expect(bench.abandoned.count == 9999)
    }

    @Test("permits that come back in any order leave nothing behind", arguments: 1...5)
    func anyOrder(seed: UInt64) {
        var random = RandomSource(seed: seed)
        var log = PermitLog()
        var out: [Int64] = []
        for id in Int64(1)...5000 {
            log.append(PermitLog.Permit(id: id, grantedAt: id, uid: 1))
            out.append(id)
            while out.count > 40 || (!out.isEmpty && Bool.random(using: &random)) {
                let index = Int.random(in: 0..<out.count, using: &random)
                let id = out.remove(at: index)
                #expect(log.permit(id)?.grantedAt == id)
                let removals = [log.remove(id), log.remove(id)]
                #expect(removals == [true, false])
            }
            #expect(log.count == out.count)
            #expect(log.first?.id == out.first)
        }
        var removed: [Int64] = []
        log.removeAll(grantedUpTo: 5000) { removed.append($0) }
        #expect(removed == out)
        #expect(log.first == nil)
    }
}

@Suite("A breaker is forced")
struct BreakerForcedTests {
    @Test("a breaker that is held open denies without end and without a time to ask again")
    func forcedOpen() throws {
        let bench = BreakerBench()
        bench.machine.force(.forcedOpen, at: bench.now)
        bench.pass(1_000_000_000)
        let refusal = try #require(bench.refusal())
        #expect(refusal.retryAfterMs == nil)
        #expect(refusal.why == "held open by an operator")
    }

    @Test("a disabled breaker grants everything and counts nothing")
    func disabled() {
        let bench = BreakerBench()
        _ = bench.open()
        bench.machine.force(.disabled, at: bench.now)
        for _ in 0..<100 { bench.call(.failure) }
        #expect(bench.machine.state == .disabled)
        #expect(bench.info.windowCalls == 5, "what it knew before")
    }

    @Test("a reset closes it, forgets its counts and keeps its settings")
    func reset() {
        let bench = BreakerBench { $0.failureThreshold = 2 }
        for forced in Breaker.Force.ForcedState.allCases {
            bench.machine.force(forced, at: bench.now)
            bench.pass(10)
            bench.machine.reset(at: bench.now)
            #expect(bench.machine.state == .closed)
            #expect(bench.info.since == bench.now.wallMs)
        }
        bench.call(.failure)
        bench.machine.reset(at: bench.now)
        #expect(bench.info.consecutiveFailures == 0)
        #expect(bench.info.windowCalls == 0)
        #expect(bench.info.settings.failureThreshold == 2)
    }

    @Test("a reset makes the recovery timeout begin at the base again")
    func resetTimeout() {
        let bench = BreakerBench()
        _ = bench.open()
        bench.passRecovery()
        bench.call(.failure)
        bench.machine.reset(at: bench.now)
        #expect((8000...12_000).contains(bench.open()))
    }

    @Test("outcomes of calls from before a reset do not count after it")
    func lateAfterReset() {
        let bench = BreakerBench { $0.failureThreshold = 1 }
        let permit = bench.permit()
        bench.machine.reset(at: bench.now)
        #expect(bench.finish(permit, .failure))
        #expect(bench.machine.state == .closed)
    }

    @Test("forcing the state in which it is changes nothing")
    func forcedTwice() {
        let bench = BreakerBench()
        bench.machine.force(.forcedOpen, at: bench.now)
        let before = bench.info
        bench.pass(1000)
        bench.machine.force(.forcedOpen, at: bench.now)
        #expect(bench.info == before)
    }
}
