import GRDB
import MendProtocol
import MendWire

extension Transaction.Step: WriterMethod {
    package static var bringsNewWork: Bool { true }

    package func apply(_ call: CallContext) throws -> Reply<Answer> {
        let settings = call.engine.settings
        try check(stepName, atMost: 256, field: "name")
        let row = try call.scope.activeTransaction(transaction, for: call.caller)
        if let undo {
            try call.caller.checkMayUse(undo.queue, field: "undo.queue")
            try call.scope.checkMayFill(call.scope.queue(undo.queue), by: call.caller, field: "undo.queue")
            try check(undo.payload, atMost: settings.payloadMaxBytes, field: "undo.payload")
            _ = try ResolvedPolicy(undo.policy, field: "undo.policy")
        }
        guard row.steps < settings.transactionMaxSteps else {
            throw CallError(
                .tooLarge, "transaction \(transaction) has \(row.steps.of("step")), the most that one may have",
                field: "transaction", hint: "commit it, and go on in another one")
        }
        // A rollback must never be refused a queue. That of a user's own undos is there whatever the limits.
        if let undo, undo.queue.ownerOfUndos == nil {
            _ = try call.scope.queueForEnqueue(undo.queue, by: call.caller)
        }
        call.scope.adopt(.transaction(transaction), by: call.ticket)
        let step = row.steps + 1
        try call.db.cachedStatement(sql: "UPDATE transactions SET steps = ? WHERE id = ?")
            .execute(arguments: [step, transaction])
        let statement = try call.db.cachedStatement(
            sql: """
                INSERT INTO steps (txn, step, name, state, queue, payload, policy, on_exhausted)
                VALUES (?, ?, ?, ?, ?, ?, ?, ?)
                """)
        try statement.execute(arguments: [
            transaction, step, stepName, StepState.recorded.rawValue, undo?.queue.text,
            try undo.map {
                try settings.payloads.stored($0.payload.text, at: PayloadStore.undo(of: step, in: transaction))
            },
            try undo?.policy.map { try WireEncoder.text(of: $0) }, undo?.onExhausted?.rawValue,
        ])
        let warning = try undo.flatMap { try call.scope.warning(ofUndosOn: $0.queue) }
        return .now(Answer(step: step, warnings: warning.map { [$0] }))
    }
}
