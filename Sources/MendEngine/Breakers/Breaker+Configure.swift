import MendProtocol

extension Breaker.Configure: WriterMethod {
    package func apply(_ call: CallContext) throws -> Reply<Answer> {
        let table = call.engine.breakers
        switch (breaker, pattern) {
        case (let breaker?, nil):
            let change = try table.configure(
                breaker, self, by: call.caller, isDryRun: call.isDryRun, now: call.now)
            return .now(try call.keep(change).settings)
        case (nil, let pattern?):
            let change = try table.configure(pattern, self, isDryRun: call.isDryRun, now: call.now)
            let (settings, said) = try call.keep(change)
            if !call.isDryRun { try PatternRow(pattern: pattern, said: said).save(call.db) }
            return .now(settings)
        default: throw CallError.breakerOrPattern
        }
    }
}

extension CallError {
    static let breakerOrPattern = CallError(
        .invalidParams, "exactly one of breaker and pattern says what it is about", field: "breaker")
}

extension CallContext {
    var isDryRun: Bool { meta.dryRun == true }

    /// Makes a change by hand durable with this call's commit, and takes it back where that fails.
    func keep<Answer>(_ change: ChangeByHand<Answer>) throws -> Answer {
        guard let undo = change.undo else { return change.answer }
        engine.onRollback.append(undo)
        try scope.writeBreakers()
        return change.answer
    }
}
