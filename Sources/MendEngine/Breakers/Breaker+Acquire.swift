import MendProtocol

extension Breaker.Acquire: BreakerMethod {
    package func answer(from table: BreakerTable, caller: Caller, now: Moment) throws(CallError) -> Answer {
        try table.acquire(breaker, uid: caller.uid, now: now)
    }
}
