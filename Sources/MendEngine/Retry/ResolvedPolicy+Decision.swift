import Glibc
import MendProtocol

extension ResolvedPolicy {
    /// How long to wait after `attempt` has failed, in milliseconds: 0 to `maxDelayMs`.
    ///
    /// - Parameters:
    ///   - attempt: the attempt that failed, the first is 1.
    ///   - lastDelayMs: what this answered the last time; only decorrelated jitter looks at it.
    package func delayMs(afterAttempt attempt: Int64, lastDelayMs: Int64?, random: inout RandomSource) -> Int64 {
        // What is already random is not spread once more.
        guard strategy != .random else { return spread(baseMs, maxDelayMs, &random) }
        switch jitter {
        case .none:
            return plainDelayMs(attempt)
        case .full:
            return spread(0, plainDelayMs(attempt), &random)
        case .equal:
            let delay = plainDelayMs(attempt)
            return spread(delay - delay / 2, delay, &random)
        case .decorrelated:
            let (tripled, overflowed) = max(baseMs, lastDelayMs ?? baseMs).multipliedReportingOverflow(by: 3)
            return spread(baseMs, overflowed ? maxDelayMs : min(tripled, maxDelayMs), &random)
        }
    }

    /// Whether to try again after `attempt` has failed, and when.
    ///
    /// No attempt begins later than `maxElapsedMs` after the first failure.
    ///
    /// - Parameters:
    ///   - elapsedSinceFirstFailureMs: 0 at the first failure itself.
    ///   - leastMs: how long it must wait whatever the policy says.
    package func decision(
        attempt: Int64, elapsedSinceFirstFailureMs elapsed: Int64, lastDelayMs: Int64?, leastMs: Int64 = 0,
        random: inout RandomSource
    ) -> RetryDecision {
        guard attempt < maxAttempts else { return refusal(attempt: attempt) }
        let delay = max(leastMs, delayMs(afterAttempt: attempt, lastDelayMs: lastDelayMs, random: &random))
        if let maxElapsedMs, elapsed >= maxElapsedMs || delay > maxElapsedMs - elapsed {
            return refusal(attempt: attempt)
        }
        return RetryDecision(allowed: true, afterMs: delay, attempt: attempt, maxAttempts: maxAttempts)
    }

    /// Not to try again.
    package func refusal(attempt: Int64) -> RetryDecision {
        RetryDecision(allowed: false, afterMs: nil, attempt: attempt, maxAttempts: maxAttempts)
    }

    private func plainDelayMs(_ attempt: Int64) -> Int64 {
        let attempt = max(1, attempt)
        switch strategy {
        case .fixed, .random:
            return min(baseMs, maxDelayMs)
        case .linear:
            let (delay, overflowed) = baseMs.multipliedReportingOverflow(by: attempt)
            return overflowed ? maxDelayMs : min(delay, maxDelayMs)
        case .exponential:
            // In floating point, where too much is infinite and not a trap.
            let delay = Double(baseMs) * pow(multiplier, Double(attempt - 1))
            return delay < Double(maxDelayMs) ? Int64(delay) : maxDelayMs
        }
    }

    private func spread(_ least: Int64, _ most: Int64, _ random: inout RandomSource) -> Int64 {
        least < most ? Int64.random(in: least...most, using: &random) : most
    }
}
