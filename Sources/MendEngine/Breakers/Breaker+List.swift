import MendProtocol

extension Breaker.List: BreakerMethod {
    package func answer(from table: BreakerTable, call: TableCall) throws(CallError) -> Answer {
        table.list(state: state, limit: limit.map { Int($0.value) } ?? 100, after: after, now: call.now)
    }
}
