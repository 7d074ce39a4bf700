import GRDB
import MendProtocol

extension Transaction.Confirm: WriterMethod {
    package func apply(_ call: CallContext) throws -> Reply<Answer> {
        let row = try call.scope.activeTransaction(transaction, for: call.caller)
        guard (1...max(1, row.steps)).contains(step), row.steps > 0 else {
            throw CallError(
                .notFound, "transaction \(transaction) has \(row.steps.of("step")); there is no step \(step)",
                field: "step")
        }
        // What a rollback to an earlier step has taken back stays so: confirmed, it would be undone once more.
        try call.db.cachedStatement(
            sql: """
                UPDATE steps SET state = 'confirmed'
                WHERE txn = ? AND step = ? AND state IN ('recorded', 'confirmed')
                """
        ).execute(arguments: [transaction, step])
        guard call.db.changesCount > 0 else {
            throw CallError(
                .conflict, "step \(step) of transaction \(transaction) was rolled back, and is not confirmed any more",
                field: "step", hint: "record it as a new step before it is done again")
        }
        call.scope.adopt(.transaction(transaction), by: call.ticket)
        return .now(Answer(state: .confirmed))
    }
}
