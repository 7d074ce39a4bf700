import GRDB
import MendProtocol

extension Transaction.Resolve: WriterMethod {
    package func apply(_ call: CallContext) throws -> Reply<Answer> {
        let scope = call.scope
        try check(reason, atMost: 1024, field: "reason")
        guard !reason.isEmpty else {
            throw CallError(.invalidParams, "reason must say what was done about it", field: "reason")
        }
        var row = try scope.transaction(transaction)
        // Said again, it answers as it did: the first answer may have been lost.
        if row.state == .rolledBack { return .now(Answer(row)) }
        guard row.state == .parked || row.state == .rollingBack else {
            throw row.conflict("and can still end by itself", hint: "use transaction.commit or transaction.rollback")
        }
        if let undo = try scope.undoUnderWay(of: transaction) {
            try scope.setAside(undo, of: row)
            try scope.setStep(undo.step, of: transaction, to: .skipped)
        }
        try call.db.cachedStatement(
            sql: """
                UPDATE steps SET uncertain = (state = 'recorded'),
                    state = CASE WHEN queue IS NULL THEN 'passed' ELSE 'skipped' END
                WHERE txn = ? AND state IN ('recorded', 'confirmed')
                """
        ).execute(arguments: [transaction])
        try scope.dropHeld(by: transaction)
        row.isIncomplete = true
        row.reason = scope.masked(reason)
        try scope.end(row, as: .rolledBack)
        try scope.journal(
            .transactionResolved, row, "transaction \(transaction) was ended by hand: \(row.reason ?? "")",
            by: call.caller)
        return .now(Answer(try scope.transaction(transaction)))
    }
}
