import MendProtocol
import Testing

@testable import MendEngine

/// One breaker in virtual time. A class, since expectations cannot call what is mutating.
final class BreakerBench {
    var machine: BreakerMachine
    var now: Moment
    var random: RandomSource
    private(set) var lastPermit: Int64 = 0
    private(set) var abandoned: [Int64] = []

    init(seed: UInt64 = 1, _ change: (inout BreakerSettings) -> Void = { _ in }) {
        now = Moment(wallMs: 1_700_000_000_000, elapsedMs: 0)
        machine = BreakerMachine(at: now)
        random = RandomSource(seed: seed)
        var settings = BreakerSettings()
        change(&settings)
        machine.configure(settings, at: now)
    }

    init(copying other: BreakerBench) {
        machine = other.machine
        now = other.now
        random = other.random
        lastPermit = other.lastPermit
        abandoned = other.abandoned
    }

    func pass(_ ms: Int64) {
        now.wallMs += ms
        now.elapsedMs += ms
    }

    func acquire(uid: UInt32 = 1000, retry: Bool = false, fallback: Bool = false) -> BreakerMachine.Decision {
        let request = BreakerMachine.Request(uid: uid, isRetry: retry, hasFallback: fallback)
        let decision = machine.acquire(lastPermit + 1, request, at: now, onAbandoned: { abandoned.append($0) })
        if case .granted = decision { lastPermit += 1 }
        return decision
    }

    /// A permit; the test fails where it is denied.
    func permit(_ location: SourceLocation = #_sourceLocation) -> Int64 {
        let decision = acquire()
        guard case .granted = decision else {
            Issue.record("denied: \(decision)", sourceLocation: location)
            return 0
        }
        return lastPermit
    }

    @discardableResult
    func finish(_ permit: Int64, _ outcome: MendProtocol.Outcome, durationMs: Int64? = nil) -> Bool {
        machine.finish(permit, outcome, durationMs: durationMs, at: now, random: &random)
    }

    /// A call from permit to outcome.
    func call(
        _ outcome: MendProtocol.Outcome, durationMs: Int64? = nil, _ location: SourceLocation = #_sourceLocation
    ) {
        finish(permit(location), outcome, durationMs: durationMs)
    }

    /// Fails until it opens; answers how long it then waits.
    func open(_ location: SourceLocation = #_sourceLocation) -> Int64 {
        for _ in 0..<machine.settings.failureThreshold where machine.state != .open {
            call(.failure, durationMs: nil, location)
        }
        return (machine.retryAt ?? now.elapsedMs) - now.elapsedMs
    }

    /// Waits until it lets a call through to try.
    func passRecovery() {
        pass((machine.retryAt ?? now.elapsedMs) - now.elapsedMs)
    }

    /// What it answers to a call that it refuses.
    func refusal() -> (why: String, retryAfterMs: Int64?)? {
        guard case .denied(let why, let retryAfterMs) = acquire() else { return nil }
        return (why, retryAfterMs)
    }

    /// What the table would answer of it.
    var info: BreakerInfo {
        machine.sweep(at: now) { abandoned.append($0) }
        return machine.info(of: Name(unchecked: "billing"), at: now)
    }
}
