import MendProtocol

extension Breaker.Configure: WriterMethod {
    package func apply(_ call: CallContext) throws -> Reply<Answer> {
        let change = try call.engine.breakers.configure(self, by: call.caller, now: call.now)
        return .now(try call.keep(change).settings)
    }
}

extension CallContext {
    /// Makes a change by hand durable with this call's commit, and takes it back where that fails.
    func keep(_ change: BreakerChange) throws -> BreakerInfo {
        engine.onRollback.append(change.undo)
        try scope.writeBreakers()
        return change.info
    }
}
