import MendProtocol

extension Breaker.Get: BreakerMethod {
    package func answer(from table: BreakerTable, caller: Caller, now: Moment) throws(CallError) -> Answer {
        guard let info = table.info(breaker, now: now) else { throw .notFound(breaker) }
        return info
    }
}
