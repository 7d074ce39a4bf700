import GRDB
import MendProtocol
import MendWire

/// Rollbacks: undos in strict last-first order, one at a time, each of them an operation.
extension Scope {
    /// - Parameters:
    ///   - savepoint: the step to go back to; nothing to undo all of them.
    ///   - graceUntilMs: until when steps that were never confirmed may still be under way.
    func beginRollback(
        of transaction: TransactionRow, because reason: String, to savepoint: Int64? = nil,
        graceUntilMs: Int64? = nil, by caller: Caller? = nil
    ) throws {
        var transaction = transaction
        transaction.state = .rollingBack
        transaction.reason = reason
        transaction.savepoint = savepoint
        transaction.graceUntilMs = graceUntilMs
        try dropHeld(by: transaction.id, after: savepoint)
        let extent = savepoint.map { " to step \($0)" } ?? ""
        try journal(
            .transactionRollingBack, transaction, "transaction \(transaction.id) is rolled back\(extent): \(reason)",
            by: caller)
        try undoNext(of: transaction)
    }

    /// Makes a rollback to a savepoint one of all steps. The undo that is under way goes on.
    func undoAll(
        of transaction: TransactionRow, because reason: String, graceUntilMs: Int64?, by caller: Caller? = nil
    ) throws {
        var transaction = transaction
        transaction.savepoint = nil
        transaction.reason = reason
        transaction.graceUntilMs = graceUntilMs
        try dropHeld(by: transaction.id)
        try save(transaction)
        try journal(
            .transactionRollingBack, transaction,
            "transaction \(transaction.id) is rolled back as a whole: \(reason)", by: caller)
    }

    /// Steps that were never confirmed have had their time, or their owner has ended.
    func endGrace(of transaction: TransactionRow) throws {
        var transaction = transaction
        transaction.graceUntilMs = nil
        if try undoUnderWay(of: transaction.id) == nil {
            try undoNext(of: transaction)
        } else {
            try save(transaction)
        }
    }

    /// Puts the undo of the last step that still has one on its queue, or ends the rollback.
    func undoNext(of transaction: TransactionRow) throws {
        let floor = transaction.savepoint ?? 0
        let find = try db.cachedStatement(
            sql: """
                SELECT step, state, queue, payload, policy FROM steps
                WHERE txn = ? AND step > ? AND state IN ('recorded', 'confirmed') AND queue IS NOT NULL
                ORDER BY step DESC LIMIT 1
                """)
        let row = try Row.fetchOne(find, arguments: [transaction.id, floor])
        let step: Int64? = row?["step"]
        try db.cachedStatement(
            sql: """
                UPDATE steps SET state = 'passed', uncertain = (state = 'recorded')
                WHERE txn = ? AND state IN ('recorded', 'confirmed') AND queue IS NULL AND step > ?
                """
        ).execute(arguments: [transaction.id, step ?? floor])
        guard let row, let step else { return try endRollback(of: transaction) }
        if let graceUntilMs = transaction.graceUntilMs, graceUntilMs > now.elapsedMs,
            row["state"] == StepState.recorded.rawValue
        {
            return try save(transaction)
        }
        let payload: String
        do {
            payload = try engine.settings.payloads.text(
                row["payload"], at: PayloadStore.undo(of: step, in: transaction.id))
        } catch {
            return try parkUnreadable(step, of: transaction, because: error)
        }
        let operation = try enqueueUndo(row, payload, of: transaction, step: step)
        try db.cachedStatement(
            sql: """
                UPDATE steps SET uncertain = (state = 'recorded'), state = 'undoing', operation = ?
                WHERE txn = ? AND step = ?
                """
        ).execute(arguments: [operation, transaction.id, step])
        try save(watchDrain(of: transaction))
    }

    /// An undo that cannot be read never runs: a person must look.
    private func parkUnreadable(_ step: Int64, of transaction: TransactionRow, because error: any Error) throws {
        try db.cachedStatement(sql: "UPDATE steps SET state = 'parked', operation = 0 WHERE txn = ? AND step = ?")
            .execute(arguments: [transaction.id, step])
        try park(transaction, because: "the undo of step \(step) cannot be opened: \(error)")
    }

    /// Undos go around the queue's limits: what is promised must happen.
    private func enqueueUndo(_ row: Row, _ payload: String, of transaction: TransactionRow, step: Int64) throws -> Int64
    {
        let policyText: String? = row["policy"]
        let policy = policyText.flatMap(ResolvedPolicy.init(stored:)) ?? .standard
        let new = NewOperation(
            priority: 0, dueMs: nil, runAt: nil, uid: transaction.uid, key: nil,
            maxAttempts: policy.maxAttempts, policy: policyText, transaction: transaction.id,
            step: step, correlation: transaction.correlation, traceparent: nil,
            payload: payload)
        return try insert(new, into: queueForUndo(Name(unchecked: row["queue"]), uid: transaction.uid))
    }

    private func endRollback(of transaction: TransactionRow) throws {
        guard let savepoint = transaction.savepoint else {
            try end(transaction, as: .rolledBack)
            let extent = transaction.isIncomplete ? "rolled back, but not all of its undos ran" : "rolled back"
            return try journal(.transactionRolledBack, transaction, "transaction \(transaction.id) is \(extent)")
        }
        var transaction = transaction
        transaction.state = .active
        transaction.savepoint = nil
        transaction.reason = nil
        transaction.graceUntilMs = nil
        transaction.drainCheckMs = nil
        try save(transaction)
        try journal(
            .transactionRolledBackTo, transaction,
            "transaction \(transaction.id) is rolled back to step \(savepoint), and active again")
        if transaction.owner != nil, !engine.holds.isTied(.transaction(transaction.id)) {
            try ownerEnded(transaction: transaction.id)
        }
    }

    // MARK: Undos that end

    func undoCompleted(transaction id: Int64, step: Int64) throws {
        try setStep(step, of: id, to: .undone)
        try undoNext(of: try transaction(id))
    }

    /// An undo used up its attempts: as its step says, the rollback stops there and stays visible, or passes over it.
    func undoDied(transaction id: Int64, step: Int64, message: String) throws {
        let transaction = try transaction(id)
        let onExhausted = try String.fetchOne(
            db.cachedStatement(sql: "SELECT on_exhausted FROM steps WHERE txn = ? AND step = ?"),
            arguments: [id, step])
        if onExhausted == Transaction.Undo.OnExhausted.skip.rawValue {
            return try passOver(step, of: transaction, "its undo used up its attempts: \(masked(message))")
        }
        try setStep(step, of: id, to: .parked)
        try park(transaction, because: "the undo of step \(step) used up its attempts: \(masked(message))")
    }

    /// Goes on with the undo before this one.
    func passOver(
        _ step: Int64, of transaction: TransactionRow, _ why: String, by caller: Caller? = nil
    ) throws {
        var transaction = transaction
        transaction.state = .rollingBack
        transaction.isIncomplete = true
        try setStep(step, of: transaction.id, to: .skipped)
        try journal(
            .transactionSkipped, transaction, "transaction \(transaction.id) passes over step \(step): \(why)",
            by: caller)
        try undoNext(of: transaction)
    }

    /// The undo that is on its queue, or that used up its attempts.
    func undoUnderWay(of transaction: Int64) throws -> UndoUnderWay? {
        let statement = try db.cachedStatement(
            sql: "SELECT step, operation FROM steps WHERE txn = ? AND state IN ('undoing', 'parked')")
        return try Row.fetchOne(statement, arguments: [transaction]).map {
            UndoUnderWay(step: $0[0], operation: $0[1])
        }
    }

    /// Takes an undo from its queue where nobody is at it; it stays readable.
    func setAside(_ undo: UndoUnderWay, of transaction: TransactionRow) throws {
        guard let operation = try knownOperation(undo.operation), operation.state.isLive else { return }
        guard operation.state != .leased else {
            throw transaction.conflict(
                "and a worker is at the undo of step \(undo.step)", hint: "see queue.get of operation \(operation.id)")
        }
        try end(operation, as: .cancelled)
    }
}

struct UndoUnderWay {
    let step: Int64
    let operation: Int64
}
