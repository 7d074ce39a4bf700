import GRDB
import MendProtocol

/// A transaction's row.
struct TransactionRow {
    let id: Int64
    let name: Name
    let uid: UInt32
    let steps: Int64
    let begunAt: Int64
    let onDeadline: Transaction.Begin.OnDeadline
    let correlation: Name?
    /// What it is tied to beside its deadline: nothing, 0 for a connection, or a process in `owners`.
    let owner: Int64?
    /// Elapsed time at which it is no longer waited for.
    let deadlineMs: Int64?
    let stepGraceMs: Int64
    var state: TransactionState
    var endedAt: Int64?
    var reason: String?
    /// The step that the rollback under way goes back to; nothing where it undoes all of them.
    var savepoint: Int64?
    /// Some undo did not run, by the word of its step or of a person.
    var isIncomplete: Bool
    /// Elapsed time until which undos of steps that were never confirmed wait.
    var graceUntilMs: Int64?
    /// Elapsed time at which is looked whether anybody drains the queue of its undo.
    var drainCheckMs: Int64?

    static let columns = """
        id, name, uid, steps, begun_at, on_deadline, correlation, owner, deadline_at, step_grace_ms, state, ended_at,
            reason, savepoint, incomplete, grace_until, drain_check_at
        """

    init(_ row: Row) throws {
        id = row[0]
        name = Name(unchecked: row[1])
        uid = row[2]
        steps = row[3]
        begunAt = row[4]
        onDeadline = try stored(row[5])
        correlation = (row[6] as String?).map(Name.init(unchecked:))
        owner = row[7]
        deadlineMs = row[8]
        stepGraceMs = row[9]
        state = try stored(row[10])
        endedAt = row[11]
        reason = row[12]
        savepoint = row[13]
        isIncomplete = row[14]
        graceUntilMs = row[15]
        drainCheckMs = row[16]
    }

    /// When a timer has something to do for it as long as it has not ended.
    var dueMs: Int64? {
        switch state {
        case .active: deadlineMs
        case .rollingBack:
            [graceUntilMs, drainCheckMs, isUndoneByDeadline ? deadlineMs : nil].compactMap { $0 }.min()
        case .parked, .committed, .rolledBack: nil
        }
    }

    /// Whether its deadline makes a rollback to a savepoint one of all steps.
    var isUndoneByDeadline: Bool { state == .rollingBack && savepoint != nil && onDeadline == .rollback }

    func info(now: Moment) -> TransactionInfo {
        let hasDeadline = state == .active || (state == .rollingBack && savepoint != nil)
        var info = TransactionInfo(
            transaction: id, name: name, state: state, uid: uid, steps: steps, begunAt: begunAt,
            deadlineAt: hasDeadline ? deadlineMs.map(now.wall(atElapsed:)) : nil, endedAt: endedAt, reason: reason,
            correlation: correlation)
        info.toStep = savepoint
        info.incomplete = isIncomplete ? true : nil
        return info
    }

    func checkOwned(by caller: Caller) throws(CallError) {
        guard !caller.owns(uid) else { return }
        throw CallError(
            .permissionDenied, "transaction \(id) belongs to user \(uid), and you are \(caller.uid)",
            field: "transaction")
    }

    /// The refusal of a call that this state does not allow.
    func conflict(_ why: String, hint: String? = nil) -> CallError {
        CallError(
            .conflict, "transaction \(id) is \(state.rawValue), \(why)", field: "transaction",
            hint: hint ?? reason.map { "because: \($0)" })
    }
}

/// The word that was stored, as what it means.
func stored<Word: WireEnum>(_ word: String) throws -> Word {
    guard let value = Word(rawValue: word) else {
        throw DatabaseError(resultCode: .SQLITE_CORRUPT, message: "\(word) is stored for a \(Word.self)")
    }
    return value
}

extension Scope {
    func transaction(_ id: Int64) throws -> TransactionRow {
        let statement = try db.cachedStatement(
            sql: "SELECT \(TransactionRow.columns) FROM transactions WHERE id = ?")
        guard let row = try Row.fetchOne(statement, arguments: [id]) else {
            throw CallError.noTransaction(id)
        }
        return try TransactionRow(row)
    }

    /// The transaction for its owner, as long as steps may be added and confirmed.
    func activeTransaction(_ id: Int64, for caller: Caller) throws -> TransactionRow {
        let transaction = try transaction(id)
        try transaction.checkOwned(by: caller)
        guard transaction.state == .active else { throw transaction.conflict("no longer active") }
        return transaction
    }

    /// Writes down where a transaction is.
    func save(_ transaction: TransactionRow) throws {
        let dueMs = transaction.endedAt == nil ? transaction.dueMs : now.elapsedMs + engine.settings.retentionMs
        let statement = try db.cachedStatement(
            sql: """
                UPDATE transactions SET state = ?, due_at = ?, ended_at = ?, reason = ?, savepoint = ?, incomplete = ?,
                    grace_until = ?, drain_check_at = ? WHERE id = ?
                """)
        try statement.execute(arguments: [
            transaction.state.rawValue, dueMs, transaction.endedAt, transaction.reason, transaction.savepoint,
            transaction.isIncomplete, transaction.graceUntilMs, transaction.drainCheckMs, transaction.id,
        ])
        engine.endWaiters.note(.transaction(transaction.id))
        if let dueMs { engine.note(dueAt: dueMs) }
    }

    /// Takes a transaction to its end, where it stays readable for a while.
    func end(_ transaction: TransactionRow, as state: TransactionState) throws {
        var transaction = transaction
        transaction.state = state
        transaction.endedAt = now.wallMs
        transaction.savepoint = nil
        transaction.graceUntilMs = nil
        transaction.drainCheckMs = nil
        try save(transaction)
        let ending: OutcomeKind =
            state == .committed ? .committed : transaction.isIncomplete ? .incomplete : .rolledBack
        engine.outcomeTally.add(ending, transaction.name.text)
        detach(.transaction(transaction.id))
    }

    /// Stops a transaction where it is: it waits for a person, and that is reported.
    func park(_ transaction: TransactionRow, because reason: String) throws {
        var transaction = transaction
        transaction.state = .parked
        transaction.reason = reason
        transaction.graceUntilMs = nil
        transaction.drainCheckMs = nil
        try save(transaction)
        engine.outcomeTally.add(.parked, transaction.name.text)
        let message = "transaction \(transaction.id) is parked: \(reason)"
        try journal(.transactionParked, transaction, message)
        try report("process.transaction_parked", of: transaction, message)
    }

    func setStep(_ step: Int64, of transaction: Int64, to state: StepState) throws {
        try db.cachedStatement(sql: "UPDATE steps SET state = ? WHERE txn = ? AND step = ?")
            .execute(arguments: [state.rawValue, transaction, step])
    }

    func forget(transaction id: Int64) throws {
        let undos = try Int64.fetchAll(
            db.cachedStatement(sql: "SELECT operation FROM steps WHERE txn = ? AND operation IS NOT NULL"),
            arguments: [id])
        for undo in undos { if let undo = try knownOperation(undo) { try forget(undo) } }
        try db.cachedStatement(sql: "DELETE FROM steps WHERE txn = ?").execute(arguments: [id])
        try db.cachedStatement(sql: "DELETE FROM transactions WHERE id = ?").execute(arguments: [id])
    }

    // MARK: What is told

    func journal(
        _ kind: EventKind, _ transaction: TransactionRow, _ message: String, by caller: Caller? = nil
    ) throws {
        var event = NewEvent(kind, message)
        event.transaction = transaction.id
        event.correlation = transaction.correlation
        event.caller = caller
        try journal(event)
    }

    /// Reports what a person must look at.
    func report(_ code: String, of transaction: TransactionRow, _ message: String) throws {
        var report = Errors.Report(message: message)
        report.service = "mend"
        report.code = code
        report.type = transaction.name.text
        report.category = .system
        report.severity = .high
        _ = try take(
            report, from: engine.settings.daemon, meta: Meta(correlation: transaction.correlation), of: nil,
            policy: nil)
    }
}

extension CallError {
    static func noTransaction(_ id: Int64) -> CallError {
        CallError(
            .notFound, "there is no transaction \(id)", field: "transaction",
            hint: "ended transactions are kept for a while only")
    }
}
