import MendProtocol

extension Breaker.Force: WriterMethod {
    package func apply(_ call: CallContext) throws -> Reply<Answer> {
        .now(try call.keep(try call.engine.breakers.force(breaker, state, by: call.caller, now: call.now)))
    }
}
