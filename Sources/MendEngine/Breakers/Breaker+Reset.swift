import MendProtocol

extension Breaker.Reset: WriterMethod {
    package func apply(_ call: CallContext) throws -> Reply<Answer> {
        .now(try call.keep(try call.engine.breakers.reset(breaker, by: call.caller, now: call.now)))
    }
}
