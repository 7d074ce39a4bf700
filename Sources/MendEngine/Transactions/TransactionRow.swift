import GRDB
import MendProtocol

/// A transaction's row.
struct TransactionRow {
    let id: Int64
    let name: Name
    let state: TransactionState
    let uid: UInt32
    let steps: Int64
    let begunAt: Int64
    let dueMs: Int64?
    let onDeadline: Transaction.Begin.OnDeadline
    let endedAt: Int64?
    let reason: String?
    let correlation: Name?

    static let columns =
        "id, name, state, uid, steps, begun_at, due_at, on_deadline, ended_at, reason, correlation"

    init(_ row: Row) throws {
        id = row[0]
        name = Name(unchecked: row[1])
        state = try stored(row[2])
        uid = row[3]
        steps = row[4]
        begunAt = row[5]
        dueMs = row[6]
        onDeadline = try stored(row[7])
        endedAt = row[8]
        reason = row[9]
        correlation = (row[10] as String?).map(Name.init(unchecked:))
    }

    func info(now: Moment) -> TransactionInfo {
        TransactionInfo(
            transaction: id, name: name, state: state, uid: uid, steps: steps, begunAt: begunAt,
            deadlineAt: state == .active ? dueMs.map(now.wall(atElapsed:)) : nil, endedAt: endedAt, reason: reason,
            correlation: correlation)
    }

    func checkOwned(by caller: Caller) throws(CallError) {
        guard !caller.owns(uid) else { return }
        throw CallError(
            .permissionDenied, "transaction \(id) belongs to user \(uid), and you are \(caller.uid)",
            field: "transaction")
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
        guard transaction.state == .active else {
            throw CallError(
                .conflict, "transaction \(id) is \(transaction.state.rawValue), no longer active",
                field: "transaction", hint: transaction.reason.map { "because: \($0)" })
        }
        return transaction
    }

    func setState(_ state: TransactionState, of id: Int64, reason: String?, isEnd: Bool) throws {
        let forgottenAtMs = isEnd ? now.elapsedMs + engine.settings.retentionMs : nil
        let statement = try db.cachedStatement(
            sql: """
                UPDATE transactions SET state = ?, reason = coalesce(?, reason), due_at = ?, ended_at = ? WHERE id = ?
                """)
        try statement.execute(
            arguments: [state.rawValue, reason, forgottenAtMs, isEnd ? now.wallMs : nil, id])
        if let forgottenAtMs { engine.note(dueAt: forgottenAtMs) }
    }

    func setStep(_ step: Int64, of transaction: Int64, to state: StepState) throws {
        try db.cachedStatement(sql: "UPDATE steps SET state = ? WHERE txn = ? AND step = ?")
            .execute(arguments: [state.rawValue, transaction, step])
    }
}

extension CallError {
    static func noTransaction(_ id: Int64) -> CallError {
        CallError(
            .notFound, "there is no transaction \(id)", field: "transaction",
            hint: "ended transactions are kept for a while only")
    }
}
