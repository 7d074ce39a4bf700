import GRDB
import MendProtocol

extension Transaction.Commit: WriterMethod {
    package func apply(_ call: CallContext) throws -> Reply<Answer> {
        let row = try call.scope.transaction(transaction)
        try row.checkOwned(by: call.caller)
        // Said again, it answers as it did: the first answer may have been lost.
        if row.state == .committed { return .now(Answer(row)) }
        let active = try call.scope.activeTransaction(transaction, for: call.caller)
        try call.db.cachedStatement(sql: "UPDATE steps SET state = 'confirmed' WHERE txn = ? AND state = 'recorded'")
            .execute(arguments: [transaction])
        try call.scope.releaseHeld(by: transaction)
        try call.scope.end(active, as: .committed)
        try call.scope.journal(
            .transactionCommitted, active, "transaction \(transaction) is committed", by: call.caller)
        return .now(Answer(try call.scope.transaction(transaction)))
    }
}
