import MendProtocol

extension Breaker.Acquire: BreakerMethod {
    package func answer(from table: BreakerTable, call: TableCall) throws(CallError) -> Answer {
        try table.acquire(breaker, uid: call.caller.uid, now: call.now)
    }
}
