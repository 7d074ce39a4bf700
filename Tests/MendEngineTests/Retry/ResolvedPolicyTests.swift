import MendProtocol
import Testing

@testable import MendEngine

@Suite("Retry policies")
struct ResolvedPolicyTests {
    static let seeds: [UInt64] = Array(1...200)

    static func policy(
        _ strategy: RetryPolicy.Shape, _ jitter: RetryPolicy.Jitter = .none, base: Int64 = 1_000,
        multiplier: Double = 2, most: Int64 = 60_000, attempts: Int64 = 5, elapsed: Int64? = nil
    ) -> ResolvedPolicy {
        ResolvedPolicy(
            strategy: strategy, baseMs: base, multiplier: multiplier, maxDelayMs: most, jitter: jitter,
            maxAttempts: attempts, maxElapsedMs: elapsed)
    }

    static func delays(_ policy: ResolvedPolicy, attempts: ClosedRange<Int64>) -> [Int64] {
        var random = RandomSource(seed: 7)
        return attempts.map { policy.delayMs(afterAttempt: $0, lastDelayMs: nil, random: &random) }
    }

    @Test("a fixed policy always waits its base")
    func fixed() {
        #expect(Self.delays(Self.policy(.fixed), attempts: 1...4) == [1_000, 1_000, 1_000, 1_000])
    }

    @Test("a linear policy waits its base times the attempt, up to its limit")
    func linear() {
        #expect(Self.delays(Self.policy(.linear, most: 2_500), attempts: 1...4) == [1_000, 2_000, 2_500, 2_500])
    }

    @Test("an exponential policy waits its base first, then multiplies, up to its limit")
    func exponential() {
        #expect(
            Self.delays(Self.policy(.exponential, most: 7_000), attempts: 1...5) == [1_000, 2_000, 4_000, 7_000, 7_000])
        let slow = Self.policy(.exponential, multiplier: 1.5)
        #expect(Self.delays(slow, attempts: 1...4) == [1_000, 1_500, 2_250, 3_375])
    }

    @Test("a random policy answers anything between base and limit, whatever the jitter", arguments: seeds)
    func random(seed: UInt64) {
        var random = RandomSource(seed: seed)
        for jitter in RetryPolicy.Jitter.allCases {
            let delay = Self.policy(.random, jitter, most: 5_000)
                .delayMs(afterAttempt: 1, lastDelayMs: 9_000_000, random: &random)
            #expect((1_000...5_000).contains(delay))
        }
    }

    @Test("full jitter answers anything between nothing and the delay")
    func fullJitter() {
        let drawn = Self.drawn(Self.policy(.exponential, .full), attempt: 3, lastDelayMs: nil)
        #expect(drawn.allSatisfy { (0...4_000).contains($0) })
        #expect(drawn.contains { $0 < 400 } && drawn.contains { $0 > 3_600 })
    }

    @Test("equal jitter answers at least half of the delay and at most all of it")
    func equalJitter() {
        let drawn = Self.drawn(Self.policy(.exponential, .equal), attempt: 3, lastDelayMs: nil)
        #expect(drawn.allSatisfy { (2_000...4_000).contains($0) })
        #expect(drawn.contains { $0 < 2_200 } && drawn.contains { $0 > 3_800 })
    }

    @Test("decorrelated jitter answers between base and three times the last delay")
    func decorrelatedJitter() {
        let first = Self.drawn(Self.policy(.exponential, .decorrelated), attempt: 1, lastDelayMs: nil)
        #expect(first.allSatisfy { (1_000...3_000).contains($0) })
        let later = Self.drawn(Self.policy(.exponential, .decorrelated), attempt: 2, lastDelayMs: 5_000)
        #expect(later.allSatisfy { (1_000...15_000).contains($0) })
        #expect(later.contains { $0 > 13_500 })
        let capped = Self.drawn(Self.policy(.exponential, .decorrelated, most: 6_000), attempt: 2, lastDelayMs: 5_000)
        #expect(capped.allSatisfy { (1_000...6_000).contains($0) })
    }

    static func drawn(_ policy: ResolvedPolicy, attempt: Int64, lastDelayMs: Int64?) -> [Int64] {
        seeds.map { seed in
            var random = RandomSource(seed: seed)
            return policy.delayMs(afterAttempt: attempt, lastDelayMs: lastDelayMs, random: &random)
        }
    }

    @Test("one seed gives one sequence")
    func deterministic() {
        let policy = Self.policy(.exponential, .full)
        #expect(Self.delays(policy, attempts: 1...9) == Self.delays(policy, attempts: 1...9))
    }

    @Test(
        "no attempt, base or multiplier makes a delay overflow or pass its limit",
        arguments: RetryPolicy.Shape.allCases, RetryPolicy.Jitter.allCases)
    func extremes(strategy: RetryPolicy.Shape, jitter: RetryPolicy.Jitter) {
        var random = RandomSource(seed: 3)
        for attempt in [Int64.min, 0, 1, 1_000, .max] {
            for last in [nil, 0, Int64.max] as [Int64?] {
                for most in [1, 315_360_000_000, Int64.max] {
                    let policy = Self.policy(strategy, jitter, base: most, multiplier: 100, most: most)
                    let delay = policy.delayMs(afterAttempt: attempt, lastDelayMs: last, random: &random)
                    #expect((0...most).contains(delay))
                }
            }
        }
    }

    @Test("an attempt is allowed until they are used up")
    func attempts() {
        var random = RandomSource(seed: 1)
        let policy = Self.policy(.fixed, attempts: 3)
        let decisions = (1...4).map {
            policy.decision(attempt: $0, elapsedSinceFirstFailureMs: 0, lastDelayMs: nil, random: &random)
        }
        #expect(decisions.map(\.allowed) == [true, true, false, false])
        #expect(decisions.map(\.afterMs) == [1_000, 1_000, nil, nil])
        #expect(decisions.map(\.attempt) == [1, 2, 3, 4])
        #expect(decisions.allSatisfy { $0.maxAttempts == 3 })
    }

    @Test(
        "no attempt begins after the time is used up",
        arguments: [(0, true), (9_000, true), (9_001, false), (10_000, false), (Int64.max, false)] as [(Int64, Bool)])
    func elapsed(elapsed: Int64, allowed: Bool) {
        var random = RandomSource(seed: 1)
        let decision = Self.policy(.fixed, elapsed: 10_000)
            .decision(attempt: 1, elapsedSinceFirstFailureMs: elapsed, lastDelayMs: nil, random: &random)
        #expect(decision.allowed == allowed)
        #expect((decision.afterMs != nil) == allowed)
    }
}
