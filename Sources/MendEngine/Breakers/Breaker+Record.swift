import MendProtocol

extension Breaker.Record: BreakerMethod {
    package func answer(from table: BreakerTable, caller: Caller, now: Moment) throws(CallError) -> Answer {
        // An error decides about failures only: a success with a warning is a success.
        let counts = outcome == .success || error.map(table.counts) ?? true
        return try table.record(
            permit: permit, outcome: outcome, counts: counts, uid: caller.uid,
            isOperator: caller.role == .operator, now: now)
    }
}
