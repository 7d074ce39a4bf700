import GRDB
import MendProtocol
import MendWire

extension Queue.Fail: WriterMethod {
    package func apply(_ call: CallContext) throws -> Reply<Answer> {
        let scope = call.scope
        let held = try scope.leased(operation, lease: lease, by: call.caller)
        let verdict = try scope.take(
            error, from: call.caller, meta: call.meta, of: held, policy: try held.retryPolicy())
        guard verdict.retry.allowed, let afterMs = verdict.retry.afterMs else {
            try scope.die(held, error: verdict.error, message: error.message)
            return .now(Answer(state: .dead, retryAt: nil, verdict: verdict))
        }
        let dueMs = scope.now.elapsedMs + afterMs
        try scope.retry(held, atMs: dueMs, delayMs: afterMs, error: verdict.error, message: error.message)
        return .now(Answer(state: .scheduled, retryAt: scope.now.wall(atElapsed: dueMs), verdict: verdict))
    }
}

extension OperationRow {
    /// The policy that it was enqueued with, with its own number of attempts.
    func retryPolicy() throws -> ResolvedPolicy {
        let choice = try policy.map { text in
            try WireDecoder.decode(
                PolicyChoice.self, from: JSONDocument(parsing: text).root, unknownMembers: .ignore)
        }
        var resolved = try ResolvedPolicy(choice)
        resolved.maxAttempts = maxAttempts
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
                    last_error = ?, last_message = ? WHERE id = ?
                """)
        statement.setUncheckedArguments([
            dueMs, operation.failingSinceMs ?? now.elapsedMs, delayMs, error, masked(message), operation.id,
        ])
        try statement.execute()
        try queue(id: operation.queue).move(from: .leased, to: .scheduled)
        engine.note(dueAt: dueMs)
    }

    /// Sets an operation aside: it used up its attempts, or trying again changes nothing.
    func die(_ operation: OperationRow, error: Int64, message: String) throws {
        let statement = try db.cachedStatement(
            sql: "UPDATE operations SET last_error = ?, last_message = ? WHERE id = ?")
        try statement.execute(arguments: [error, masked(message), operation.id])
        try end(operation, as: .dead)
        if let transaction = operation.transaction, let step = operation.step {
            try undoDied(transaction: transaction, step: step, message: message)
        }
    }

    /// A worker took an operation and was not heard of again.
    func leaseEnded(_ operation: OperationRow) throws {
        guard operation.attempt >= operation.maxAttempts else {
            return try makeReady(operation, attempt: operation.attempt)
        }
        var report = Errors.Report(
            message: "operation \(operation.id) was leased \(operation.attempt) times and never ended")
        report.service = "mend"
        report.code = "process.lease_ended"
        report.category = .system
        report.severity = .high
        let verdict = try take(
            report, from: engine.settings.daemon, meta: Meta(correlation: operation.correlation), of: operation,
            policy: try operation.retryPolicy())
        try die(operation, error: verdict.error, message: report.message)
    }
}
