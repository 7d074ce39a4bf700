import GRDB
import MendProtocol
import MendWire

extension Queue.Fail: WriterMethod {
    package func apply(_ call: CallContext) throws -> Reply<Answer> {
        let scope = call.scope
        let held = try scope.leased(operation, lease: lease, by: call.caller)
        let verdict = try scope.take(
            error, from: call.caller, meta: call.meta, of: held, policy: try scope.retryPolicy(of: held))
        guard verdict.retry.allowed, let afterMs = verdict.retry.afterMs else {
            try scope.die(held, error: verdict.error, message: error.message)
            return .now(Answer(state: .dead, retryAt: nil, verdict: verdict))
        }
        let dueMs = scope.now.elapsedMs + afterMs
        try scope.retry(held, atMs: dueMs, delayMs: afterMs, error: verdict.error, message: error.message)
        return .now(Answer(state: .scheduled, retryAt: scope.now.wall(atElapsed: dueMs), verdict: verdict))
    }
}

extension Scope {
    /// The policy that an operation was enqueued with, else its queue's, with its own number of attempts.
    func retryPolicy(of operation: OperationRow) throws -> ResolvedPolicy {
        let choice = try operation.policy.map { text in
            try WireDecoder.decode(
                PolicyChoice.self, from: JSONDocument(parsing: text).root, unknownMembers: .ignore)
        }
        var resolved = try ResolvedPolicy(choice, default: queue(id: operation.queue).policy)
        resolved.maxAttempts = operation.maxAttempts
        return resolved
    }
}

extension Scope {
    fileprivate func retry(
        _ operation: OperationRow, atMs dueMs: Int64, delayMs: Int64, error: Int64, message: String
    ) throws {
        let statement = try db.cachedStatement(
            sql: """
                UPDATE operations SET state = 1, due_at = ?, run_at = NULL, failing_since = ?, last_delay_ms = ?,
                    last_error = ?, last_message = ?, lost = 0 WHERE id = ?
                """)
        statement.setUncheckedArguments([
            dueMs, operation.failingSinceMs ?? now.elapsedMs, delayMs, error, masked(message), operation.id,
        ])
        try statement.execute()
        try endLease(of: operation)
        let queue = try queue(id: operation.queue)
        queue.move(from: .leased, to: .scheduled)
        engine.note(dueAt: dueMs)
        try journal(
            NewEvent(
                .operationRetried, "attempt \(operation.attempt) failed, the next follows in \(delayMs) ms",
                of: operation, in: queue.name, error: error))
    }

    /// Sets an operation aside: it used up its attempts, or trying again changes nothing.
    func die(
        _ operation: OperationRow, error: Int64, message: String, kind: EventKind = .operationDead
    ) throws {
        let statement = try db.cachedStatement(
            sql: "UPDATE operations SET last_error = ?, last_message = ? WHERE id = ?")
        try statement.execute(arguments: [error, masked(message), operation.id])
        try end(operation, as: .dead)
        let queue = try queue(id: operation.queue)
        try makeRoomForDeadLetter(in: queue)
        let name = queue.name
        try journal(NewEvent(kind, masked(message), of: operation, in: name, error: error))
        if let transaction = operation.transaction, let step = operation.step {
            try undoDied(transaction: transaction, step: step, message: message)
        }
    }
}
