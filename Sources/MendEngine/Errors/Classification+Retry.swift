import MendProtocol
import MendRules

/// How often something has failed by now, and since when.
struct FailedAttempt {
    /// The first is 1.
    var number: Int64
    /// 0 at the first failure.
    var elapsedSinceFirstFailureMs: Int64 = 0
    /// How long the last retry waited.
    var lastDelayMs: Int64?
}

extension FailedAttempt {
    /// What the report itself says.
    init(_ report: Errors.Report) {
        self.init(number: report.attempt?.value ?? 1)
    }
}

extension Classification {
    func retry(
        after attempt: FailedAttempt, _ policy: ResolvedPolicy, leastMs: Int64, random: inout RandomSource
    ) -> RetryDecision {
        switch strategy {
        case .retry, .wait:
            policy.decision(
                attempt: attempt.number, elapsedSinceFirstFailureMs: attempt.elapsedSinceFirstFailureMs,
                lastDelayMs: attempt.lastDelayMs, leastMs: leastMs, random: &random)
        case .failFast, .deadLetter, .reconcile:
            policy.refusal(attempt: attempt.number)
        }
    }

    /// What the rule asks for, and what the server that was called has asked for.
    func leastDelayMs(_ report: Errors.Report, _ now: Moment) -> Int64 {
        guard mayBeThrottled, let context = report.context,
            let askedMs = ContextFacts.retryAfterMs(context, wallMs: now.wallMs)
        else { return afterMs }
        return max(afterMs, askedMs)
    }
}

extension Errors.Report {
    /// The members that are not known, as a verdict names them.
    var toldIgnored: [String]? {
        ignored.isEmpty ? nil : ignored.prefix(ErrorLimits.ignored).map { ErrorLimits.cut($0, ErrorLimits.name) }
    }
}
