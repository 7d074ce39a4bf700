import MendProtocol
import MendRules

extension Errors.Classify: ReaderMethod {
    package func read(_ scope: ReadScope) throws -> Answer {
        // Who asks is not who failed: what ran is told by the report's service and action alone.
        let explained = scope.rules.explain(error)
        let found = explained.classification
        let policy = try ResolvedPolicy(error.policy, default: .shipped(found.policy), field: "error.policy")
        // The same answer each time: nothing comes of it.
        var random = RandomSource(seed: 1)
        let retry = found.retry(
            after: FailedAttempt(error), policy, leastMs: found.leastDelayMs(error, scope.now), random: &random)
        let masked = try error.masked(by: scope.settings.masker)
        return Answer(
            category: found.category, severity: found.severity, strategy: found.strategy, retry: retry,
            userMessage: scope.rules.userMessage(found, masked, retryAfterMs: retry.afterMs),
            guidance: scope.rules.guidance(found), plan: scope.rules.plan(found), why: found.why, code: found.code,
            facts: explained.facts.map { ErrorLimits.cut(scope.settings.masker.masked($0) ?? $0, ErrorLimits.name) },
            rules: Array(explained.rules.prefix(Self.maxRules)), ignored: masked.toldIgnored)
    }

    private static let maxRules = 20
}
