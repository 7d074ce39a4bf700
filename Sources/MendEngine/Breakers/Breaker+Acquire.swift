import MendProtocol

extension Breaker.Acquire: BreakerMethod, HoldingMethod {
    package func answer(from table: BreakerTable, call: TableCall) throws(CallError) -> Answer {
        let answer = try table.acquire(
            breaker, uid: call.caller.uid, owner: call.owner, retry: retry == true, fallback: fallback == true,
            isDryRun: call.meta.dryRun == true, now: call.now)
        guard !answer.granted, call.meta.dryRun != true else { return answer }
        return table.handOver(breaker, to: call.caller.uid) ?? answer
    }
}
