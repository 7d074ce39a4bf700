import MendProtocol

extension Breaker.Get: BreakerMethod {
    package func answer(from table: BreakerTable, call: TableCall) throws(CallError) -> Answer {
        guard let info = table.info(breaker, now: call.now) else { throw .notFound(breaker) }
        return info
    }
}
