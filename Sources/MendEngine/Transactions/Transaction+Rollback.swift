import GRDB
import MendProtocol
import MendWire

extension Transaction.Rollback: WriterMethod {
    package func apply(_ call: CallContext) throws -> Reply<Answer> {
        try check(reason, atMost: 1024, field: "reason")
        let row = try call.scope.transaction(transaction)
        try row.checkOwned(by: call.caller)
        switch row.state {
        case .committed:
            throw CallError(
                .conflict, "transaction \(transaction) is committed and cannot be rolled back", field: "transaction")
        case .rollingBack, .rolledBack, .parked: break
        case .active: try call.scope.beginRollback(of: row, reason: reason.map { call.scope.masked($0) } ?? "by call")
        }
        return .now(Answer(state: try call.scope.transaction(transaction).state, steps: row.steps))
    }
}

extension Scope {
    func beginRollback(of transaction: TransactionRow, reason: String) throws {
        try setState(.rollingBack, of: transaction.id, reason: reason, isEnd: false)
        try undoNext(of: transaction)
    }

    /// Puts the undo of the last step that still has one on its queue, or ends the rollback.
    private func undoNext(of transaction: TransactionRow) throws {
        let find = try db.cachedStatement(
            sql: """
                SELECT step, state, queue, payload, policy FROM steps
                WHERE txn = ? AND state IN ('recorded', 'confirmed') AND queue IS NOT NULL ORDER BY step DESC LIMIT 1
                """)
        let row = try Row.fetchOne(find, arguments: [transaction.id])
        let step: Int64? = row?["step"]
        try db.cachedStatement(
            sql: """
                UPDATE steps SET state = 'passed', uncertain = (state = 'recorded')
                WHERE txn = ? AND state IN ('recorded', 'confirmed') AND queue IS NULL AND step > ?
                """
        ).execute(arguments: [transaction.id, step ?? 0])
        guard let row, let step else {
            return try setState(.rolledBack, of: transaction.id, reason: nil, isEnd: true)
        }
        let operation = try enqueueUndo(row, of: transaction, step: step)
        try db.cachedStatement(
            sql: """
                UPDATE steps SET uncertain = (state = 'recorded'), state = 'undoing', operation = ?
                WHERE txn = ? AND step = ?
                """
        ).execute(arguments: [operation, transaction.id, step])
    }

    /// Undos go around the queue's limits: what is promised must happen.
    private func enqueueUndo(_ row: Row, of transaction: TransactionRow, step: Int64) throws -> Int64 {
        let policyText: String? = row["policy"]
        let policy = policyText.flatMap(ResolvedPolicy.init(stored:)) ?? .standard
        let new = NewOperation(
            priority: 0, dueMs: nil, runAt: nil, uid: transaction.uid, key: nil,
            maxAttempts: policy.maxAttempts, policy: policyText, transaction: transaction.id,
            step: step, correlation: transaction.correlation, traceparent: nil,
            payload: try engine.settings.payloads.text(
                row["payload"], at: PayloadStore.undo(of: step, in: transaction.id)))
        return try insert(new, into: queueForUndo(Name(unchecked: row["queue"])))
    }

    func undoCompleted(transaction id: Int64, step: Int64) throws {
        try setStep(step, of: id, to: .undone)
        try undoNext(of: try transaction(id))
    }

    /// An undo used up its attempts: the rollback stops there, and stays visible.
    func undoDied(transaction id: Int64, step: Int64, message: String) throws {
        try setStep(step, of: id, to: .parked)
        try setState(.parked, of: id, reason: "the undo of step \(step) failed: \(masked(message))", isEnd: false)
        try reportParked(id, message: "transaction \(id) is parked: the undo of step \(step) used up its attempts")
    }

    func reportParked(_ id: Int64, message: String) throws {
        let transaction = try transaction(id)
        var report = Errors.Report(message: message)
        report.service = "mend"
        report.code = "process.transaction_parked"
        report.type = transaction.name.text
        report.category = .system
        report.severity = .high
        _ = try take(
            report, from: engine.settings.daemon, meta: Meta(correlation: transaction.correlation), of: nil,
            policy: nil)
    }

    /// Who was to end it has ended.
    func ownerEnded(transaction id: Int64) throws {
        let transaction = try transaction(id)
        if transaction.state == .active { try endActive(transaction, because: "its owner ended") }
    }

    /// Deadlines that have passed, and ended transactions that are forgotten.
    func runDueTransactions() throws {
        let statement = try db.cachedStatement(
            sql: """
                SELECT \(TransactionRow.columns) FROM transactions WHERE due_at <= ? ORDER BY due_at LIMIT 64
                """)
        for row in try Row.fetchAll(statement, arguments: [now.elapsedMs]) {
            let transaction = try TransactionRow(row)
            if transaction.state == .active {
                try endActive(transaction, because: "its deadline passed")
            } else {
                try forget(transaction: transaction.id)
            }
        }
    }

    private func endActive(_ transaction: TransactionRow, because reason: String) throws {
        switch transaction.onDeadline {
        case .rollback: try beginRollback(of: transaction, reason: reason)
        case .park:
            try setState(.parked, of: transaction.id, reason: reason, isEnd: false)
            try reportParked(transaction.id, message: "transaction \(transaction.id) is parked: \(reason)")
        }
    }

    func forget(transaction id: Int64) throws {
        try db.cachedStatement(sql: "DELETE FROM steps WHERE txn = ?").execute(arguments: [id])
        try db.cachedStatement(sql: "DELETE FROM transactions WHERE id = ?").execute(arguments: [id])
    }
}
