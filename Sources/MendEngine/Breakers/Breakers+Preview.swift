import MendProtocol

// What calls would be answered, and nothing of it done.
extension Breakers {
    func previewAcquire(
        _ name: Name, _ request: BreakerMachine.Request, now: Moment
    ) throws(CallError) -> Breaker.Acquire.Answer {
        let scratch = try scratch(name, by: request.uid, now: now)
        let hasRoom = permitsOut < Self.maxPermits && nextPermit < permitsEnd
        switch scratch.machine.acquire(nextPermit, request, at: now, hasRoom: hasRoom) {
        case .granted(let why):
            return Breaker.Acquire.Answer(granted: true, state: scratch.machine.state, why: why)
        case .denied(let why, let retryAfterMs):
            return Breaker.Acquire.Answer(
                granted: false, state: scratch.machine.state, why: why, retryAfterMs: retryAfterMs)
        case .exhausted(let retryAfterMs): throw tooManyPermits(of: scratch, retryAfterMs)
        }
    }

    func previewRecord(
        _ permit: Int64, _ outcome: MendProtocol.Outcome, durationMs: Int64?, uid: UInt32, isOperator: Bool, now: Moment
    ) throws(CallError) -> Breaker.Record.Answer {
        guard let entry = try entry(ofPermit: permit, uid: uid, isOperator: isOperator) else {
            return Breaker.Record.Answer(breaker: nil, state: nil, stale: true)
        }
        var (machine, random) = (entry.machine, random)
        let isFresh = machine.finish(permit, outcome, durationMs: durationMs, at: now, random: &random)
        return Breaker.Record.Answer(breaker: entry.name, state: machine.state, stale: isFresh ? nil : true)
    }
}
