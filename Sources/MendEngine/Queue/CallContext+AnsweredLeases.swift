import GRDB
import MendProtocol
import MendWire

/// A failure ends its lease and leaves no trace of it in the operation, which may soon be in other hands or be forgotten.
/// So its answer is kept beside those of calls with an idempotency key, and with their limits: the lease is its key.
extension CallContext {
    /// No method's name, so that no caller's key can be mistaken for it.
    private static let method = "lease"
    private static let keptMs: Int64 = 86_400_000

    func keep(_ answer: Queue.Fail.Answer, to call: Queue.Fail) throws {
        let statement = try db.cachedStatement(
            sql: """
                INSERT INTO idempotency (id, uid, method, key, params_hash, answer, forgotten_at)
                VALUES (?, ?, ?, ?, ?, ?, ?)
                """)
        try statement.execute(arguments: [
            engine.counters.next(\.idempotency), caller.uid, Self.method, String(call.lease), call.operation,
            try WireEncoder.text(of: answer), now.elapsedMs + Self.keptMs,
        ])
    }

    /// What this user was answered when it ended this lease of this operation by a failure; nothing where it did not, or
    /// long ago.
    func answerGiven(to call: Queue.Fail) throws -> Queue.Fail.Answer? {
        let statement = try db.cachedStatement(
            sql: "SELECT answer FROM idempotency WHERE uid = ? AND method = ? AND key = ? AND params_hash = ?")
        let arguments: StatementArguments = [caller.uid, Self.method, String(call.lease), call.operation]
        guard let text = try String.fetchOne(statement, arguments: arguments) else { return nil }
        return try WireDecoder.decode(
            Queue.Fail.Answer.self, from: JSONDocument(parsing: text).root, unknownMembers: .ignore)
    }
}
