import GRDB
import MendProtocol
import MendWire

extension CallContext {
    private static let keptMs: Int64 = 86_400_000
    private static let answerMaxBytes = 4096

    /// Does something at most once for a key of this user and method; said again with the same parameters, it answers as
    /// it did. An error is not kept: the call may be tried again.
    func once<M: WriterMethod>(
        _ key: IdempotencyKey, _ method: M, _ body: () throws -> (any Encodable & Sendable)?
    ) throws -> (any Encodable & Sendable)? {
        guard M.takesIdempotencyKey, (method as? any WaitingMethod)?.mayWait != true else {
            throw CallError.takesNoIdempotencyKey(M.name)
        }
        let params = try WireEncoder.text(of: method)
        if let known = try earlierAnswer(key, of: M.self, to: params) { return known }
        let answer = try body()
        // Checked above: what does not wait has an answer.
        let text = try answer.map { try WireEncoder.text(of: $0) }
        let forgottenAtMs = now.elapsedMs + Self.keptMs
        try db.cachedStatement(
            sql: """
                INSERT OR REPLACE INTO idempotency (id, uid, method, key, params_hash, answer, forgotten_at)
                VALUES (?, ?, ?, ?, ?, ?, ?)
                """
        ).execute(arguments: [
            engine.counters.next(\.idempotency), caller.uid, M.name, key.text, hash(params),
            text.flatMap { $0.utf8.count <= Self.answerMaxBytes ? $0 : nil },
            forgottenAtMs,
        ])
        return answer
    }

    private func earlierAnswer<M: WriterMethod>(
        _ key: IdempotencyKey, of method: M.Type, to params: String
    ) throws -> RawJSON? {
        let statement = try db.cachedStatement(
            sql: "SELECT params_hash, answer, forgotten_at FROM idempotency WHERE uid = ? AND method = ? AND key = ?")
        guard let row = try Row.fetchOne(statement, arguments: [caller.uid, M.name, key.text]),
            row[2] as Int64 > now.elapsedMs
        else { return nil }
        guard row[0] as Int64 == hash(params) else {
            throw CallError(
                .idempotencyMismatch, "the idempotency key was used for \(M.name) with other parameters",
                field: "_meta.idempotency_key", hint: "take a new key for a new call")
        }
        guard let answer = row[1] as String? else {
            throw CallError(
                .conflict, "this call was done already, and its answer was too long to be kept",
                field: "_meta.idempotency_key")
        }
        return RawJSON(unchecked: answer)
    }
}

extension CallError {
    package static func takesNoIdempotencyKey(_ method: String) -> CallError {
        CallError(
            .invalidParams, "\(method) takes no idempotency key", field: "_meta.idempotency_key",
            hint: "it is for calls that change something and are answered at once")
    }
}

/// FNV-1a (http://www.isthe.com/chongo/tech/comp/fnv/): tells a user's own calls apart, and protects against nobody.
private func hash(_ text: String) -> Int64 {
    var hash: UInt64 = 0xCBF2_9CE4_8422_2325
    for byte in text.utf8 { hash = (hash ^ UInt64(byte)) &* 0x0000_0100_0000_01B3 }
    return Int64(bitPattern: hash)
}
