import GRDB
import MendProtocol

extension Scope {
    /// Steps of transactions that one commit looks at for what is due.
    private static let dueStepsLimit: Int64 = 1000

    /// Deadlines and times of grace that have passed, and ended transactions that are forgotten.
    func runDueTransactions() throws {
        let statement = try db.cachedStatement(
            sql: "SELECT \(TransactionRow.columns) FROM transactions WHERE due_at <= ? ORDER BY due_at LIMIT 64")
        var looked: Int64 = 0
        for row in try Row.fetchAll(statement, arguments: [now.elapsedMs]) where looked < Self.dueStepsLimit {
            let transaction = try TransactionRow(row)
            looked += transaction.steps + 1
            switch transaction.state {
            case .active: try endActive(transaction, because: "its deadline passed", isOwnerGone: false)
            case .rollingBack: try rollbackDue(transaction)
            case .committed, .rolledBack: try forget(transaction: transaction.id)
            case .parked: try save(transaction)
            }
        }
    }

    /// Who was to end it has ended.
    func ownerEnded(transaction id: Int64) throws {
        let transaction = try transaction(id)
        let why = "its owner ended"
        switch transaction.state {
        case .active: try endActive(transaction, because: why, isOwnerGone: true)
        case .rollingBack where transaction.isUndoneByDeadline:
            try undoAll(of: transaction, because: why, graceUntilMs: nil)
        case .rollingBack where transaction.graceUntilMs != nil: try endGrace(of: transaction)
        case .rollingBack, .parked, .committed, .rolledBack: break
        }
    }

    /// - Parameter isOwnerGone: whether nobody can still be at a step that was never confirmed.
    private func endActive(_ transaction: TransactionRow, because reason: String, isOwnerGone: Bool) throws {
        switch transaction.onDeadline {
        case .park: try park(transaction, because: reason)
        case .rollback:
            try beginRollback(
                of: transaction, because: reason,
                graceUntilMs: isOwnerGone ? nil : now.elapsedMs + transaction.stepGraceMs)
        }
    }

    private func rollbackDue(_ transaction: TransactionRow) throws {
        if let deadlineMs = transaction.deadlineMs, transaction.isUndoneByDeadline, deadlineMs <= now.elapsedMs {
            try undoAll(
                of: transaction, because: "its deadline passed",
                graceUntilMs: now.elapsedMs + transaction.stepGraceMs)
        } else if let graceUntilMs = transaction.graceUntilMs, graceUntilMs <= now.elapsedMs {
            try endGrace(of: transaction)
        } else if let checkMs = transaction.drainCheckMs, checkMs <= now.elapsedMs {
            try checkDrain(of: transaction)
        } else {
            try save(transaction)
        }
    }
}
