import MendProtocol

extension Breaker.Record: BreakerMethod {
    package func answer(from table: BreakerTable, call: TableCall) throws(CallError) -> Answer {
        // An error decides about failures only: a success with a warning is a success.
        let counts = outcome == .success || error.map(table.counts) ?? true
        return try table.record(
            permit: permit, outcome: outcome, counts: counts, durationMs: durationMs?.value,
            fallback: fallback == true, uid: call.caller.uid,
            isOperator: call.caller.role == .operator, isDryRun: call.meta.dryRun == true, now: call.now)
    }
}
