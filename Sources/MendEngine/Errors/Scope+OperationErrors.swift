import MendProtocol

extension Scope {
    /// Takes a report about an operation: its attempts and its policy decide over the retry.
    ///
    /// - Parameter policy: the report's own, or `standard`, where nothing is said.
    func take(
        _ report: Errors.Report, from caller: Caller, meta: Meta, of operation: OperationRow?,
        policy: ResolvedPolicy?
    ) throws -> Verdict {
        let attempt = operation.map {
            FailedAttempt(
                number: $0.attempt,
                elapsedSinceFirstFailureMs: $0.failingSinceMs.map { max(0, now.elapsedMs - $0) } ?? 0,
                lastDelayMs: $0.lastDelayMs)
        }
        return try take(
            report, caller: caller, correlation: operation?.correlation ?? meta.correlation, attempt: attempt,
            policy: policy, hasQuota: false)
    }
}
