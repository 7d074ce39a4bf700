import MendProtocol
import Testing

@testable import MendEngine

@Suite("A breaker under a random walk")
struct BreakerWalkTests {
    private static let legal: [BreakerState: Set<BreakerState>] = [
        .closed: [.open, .forcedOpen, .disabled],
        .open: [.halfOpen, .closed, .forcedOpen, .disabled],
        .halfOpen: [.open, .closed, .forcedOpen, .disabled],
        .forcedOpen: [.closed, .disabled],
        .disabled: [.closed, .forcedOpen],
    ]

    @Test("100,000 steps keep to the rules: legal transitions, half-open limits, never stuck", arguments: [7, 2026])
    func walk(seed: UInt64) throws {
        var walk = Walk(seed: seed)
        var seen: Set<BreakerState> = []
        for step in 0..<100_000 {
            let before = walk.bench.machine
            let kind = walk.step()
            let after = walk.bench.machine
            seen.insert(after.state)
            if before.state != after.state {
                try #require(Self.legal[before.state]?.contains(after.state) == true, "step \(step): \(before.state)")
                if after.state == .closed { try #require(before.state == .halfOpen || kind == .byHand, "step \(step)") }
                try #require(after.transitions > before.transitions)
            }
            if after.state == .halfOpen {
                try #require(after.permitsOutInPeriod <= after.settings.halfOpenPermits, "step \(step)")
            }
            try #require((after.retryAt != nil) == (after.state == .open), "step \(step)")
            if let retryAt = after.retryAt {
                let longest = after.settings.maxRecoveryTimeoutMs
                try #require(retryAt <= after.since.elapsedMs + longest, "step \(step)")
            }
            try #require(after.permitsOut <= walk.out.count, "step \(step)")
            if step % 100 == 0 { try #require(walk.isAnsweredInTheEnd, "step \(step): stuck in \(after.state)") }
        }
        #expect(seen == Set(BreakerState.allCases), "the walk went everywhere")
    }

    @Test("the same seed makes the same walk")
    func deterministic() {
        var first = Walk(seed: 3)
        var second = Walk(seed: 3)
        for _ in 0..<2000 {
            first.step()
            second.step()
        }
        #expect(first.bench.info == second.bench.info)
        #expect(first.out == second.out)
    }
}

private struct Walk {
    enum Kind { case call, byHand }

    let bench: BreakerBench
    /// Permits that were given and not returned, abandoned or not.
    var out: [Int64] = []
    private var random: RandomSource
    /// Good and bad times of the dependency take turns.
    private var isWell = true

    init(seed: UInt64) {
        random = RandomSource(seed: seed)
        bench = BreakerBench(seed: seed) {
            $0.failureRateThreshold = 0.6
            $0.minimumCalls = 10
            $0.halfOpenPermits = 2
            $0.recoveryTimeoutMs = 500
            $0.maxRecoveryTimeoutMs = 8000
            $0.permitMs = 2000
        }
    }

    @discardableResult
    mutating func step() -> Kind {
        bench.pass(Int64.random(in: 0...60, using: &random))
        if Int.random(in: 0..<200, using: &random) == 0 { isWell.toggle() }
        switch Int.random(in: 0..<1000, using: &random) {
        case 0..<500:
            if case .granted = bench.acquire() { out.append(bench.lastPermit) }
        case 500..<990:
            guard !out.isEmpty else { break }
            let permit = out.remove(at: Int.random(in: 0..<out.count, using: &random))
            // One in ten is left for later, which may be too late.
            if Int.random(in: 0..<10, using: &random) > 0 {
                bench.finish(permit, outcome())
            } else {
                out.append(permit)
            }
        case 990..<993: bench.pass(Int64.random(in: 0...20_000, using: &random))
        case 993..<997:
            bench.machine.reset(at: bench.now)
            return .byHand
        case 997..<998:
            bench.machine.force(.forcedOpen, at: bench.now)
            return .byHand
        case 998..<999:
            bench.machine.force(.disabled, at: bench.now)
            return .byHand
        default:
            // A restart: only what is durable comes back.
            bench.machine = BreakerMachine(
                bench.machine.snapshot(of: Name(unchecked: "walk"), said: nil), settings: bench.machine.settings)
            out = []
        }
        return .call
    }

    /// Whether somebody who only waits and asks is let through in the end, all permits being lost.
    var isAnsweredInTheEnd: Bool {
        let copy = BreakerBench(copying: bench)
        guard copy.machine.state != .forcedOpen else { return copy.refusal() != nil }
        for _ in 0..<3 {
            guard let refusal = copy.refusal() else { return true }
            copy.pass(refusal.retryAfterMs ?? 0)
        }
        return false
    }

    private mutating func outcome() -> MendProtocol.Outcome {
        switch Int.random(in: 0..<20, using: &random) {
        case 0: .ignored
        case 1: isWell ? .failure : .success
        default: isWell ? .success : Bool.random(using: &random) ? .failure : .timeout
        }
    }
}
