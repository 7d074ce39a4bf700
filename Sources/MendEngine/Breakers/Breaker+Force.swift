import MendProtocol

extension Breaker.Force: WriterMethod {
    package func apply(_ call: CallContext) throws -> Reply<Answer> {
        let change = try call.engine.breakers.force(
            breaker, state, by: call.caller, isDryRun: call.isDryRun, now: call.now)
        return .now(try call.keep(change))
    }
}
