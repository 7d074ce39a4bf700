import GRDB
import MendProtocol

extension Transaction.Confirm: WriterMethod {
    package func apply(_ call: CallContext) throws -> Reply<Answer> {
        let row = try call.scope.activeTransaction(transaction, for: call.caller)
        guard (1...max(1, row.steps)).contains(step), row.steps > 0 else {
            throw CallError(
                .notFound, "transaction \(transaction) has \(row.steps) steps; there is no step \(step)", field: "step")
        }
        call.scope.adopt(.transaction(transaction), by: call.ticket)
        try call.scope.setStep(step, of: transaction, to: .confirmed)
        return .now(Answer(state: .confirmed))
    }
}
