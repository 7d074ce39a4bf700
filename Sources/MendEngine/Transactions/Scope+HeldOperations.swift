import GRDB
import MendProtocol

/// Operations that belong to a transaction: nobody sees them before it commits, and a rollback drops them.
struct HeldEnqueue {
    let transaction: Int64
    /// How many steps there were before it: a rollback to an earlier one drops it.
    let step: Int64
    /// Counts from the commit.
    let delayMs: Int64?
}

extension CallContext {
    /// Finds the transaction that is to hold an operation, and has it be there still when that is asked again.
    func hold(in transaction: Int64, delayMs: Int64?) throws -> HeldEnqueue {
        let row = try scope.activeTransaction(transaction, for: caller)
        let most = engine.settings.transactionMaxSteps
        let held = try Int64.fetchOne(
            db.cachedStatement(sql: "SELECT count(*) FROM operations WHERE held_by = ?"), arguments: [transaction])
        guard held ?? 0 < most else {
            throw CallError(
                .tooLarge, "transaction \(transaction) holds \(most) operations, the most that one may; not kept",
                field: "transaction", hint: "commit it, and go on in another one")
        }
        return HeldEnqueue(transaction: transaction, step: row.steps, delayMs: delayMs)
    }
}

extension Scope {
    func setHeld(_ operation: Int64, _ held: HeldEnqueue) throws {
        try db.cachedStatement(
            sql: "UPDATE operations SET held_by = ?, held_step = ?, held_delay_ms = ? WHERE id = ?"
        ).execute(arguments: [held.transaction, held.step, held.delayMs, operation])
    }

    /// The transaction has committed: what it held begins, in the order in which it was enqueued.
    func releaseHeld(by transaction: Int64) throws {
        let statement = try db.cachedStatement(
            sql: """
                SELECT \(OperationRow.columns), run_at, held_delay_ms FROM operations
                WHERE held_by = ? AND state = 0 ORDER BY id
                """)
        for row in try Row.fetchAll(statement, arguments: [transaction]) {
            let operation = try OperationRow(row)
            let dueMs =
                (row["run_at"] as Int64?).map(now.elapsed(atWall:))
                ?? (row["held_delay_ms"] as Int64?).map { now.elapsedMs + $0 }
            if let dueMs, dueMs > now.elapsedMs, !operation.hasExpired(at: now) {
                try schedule(operation, at: min(dueMs, operation.expiresMs ?? .max))
            } else {
                try makeReady(operation, attempt: 0, lost: 0)
            }
        }
        try db.cachedStatement(sql: "UPDATE operations SET held_by = NULL WHERE held_by = ?")
            .execute(arguments: [transaction])
    }

    /// A rollback drops what was enqueued after `step`; after nothing, everything.
    func dropHeld(by transaction: Int64, after step: Int64? = nil) throws {
        let statement = try db.cachedStatement(
            sql: """
                SELECT \(OperationRow.columns) FROM operations
                WHERE held_by = ? AND state = 0 AND held_step > ? ORDER BY id
                """)
        for row in try Row.fetchAll(statement, arguments: [transaction, step ?? -1]) {
            try end(OperationRow(row), as: .cancelled)
        }
    }

    private func schedule(_ operation: OperationRow, at dueMs: Int64) throws {
        if let lane = operation.lane { _ = try takesLane(operation, lane) }
        try db.cachedStatement(sql: "UPDATE operations SET state = 1, due_at = ? WHERE id = ?")
            .execute(arguments: [dueMs, operation.id])
        try queue(id: operation.queue).move(from: .held, to: .scheduled)
        engine.note(dueAt: dueMs)
    }
}
