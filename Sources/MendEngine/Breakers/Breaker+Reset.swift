import MendProtocol

extension Breaker.Reset: WriterMethod {
    package func apply(_ call: CallContext) throws -> Reply<Answer> {
        let change = try call.engine.breakers.reset(breaker, by: call.caller, isDryRun: call.isDryRun, now: call.now)
        return .now(try call.keep(change))
    }
}
