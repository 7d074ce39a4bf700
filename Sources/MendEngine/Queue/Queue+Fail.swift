import GRDB
import MendProtocol
import MendWire

extension Queue.Fail: WriterMethod {
    package func apply(_ call: CallContext) throws -> Reply<Answer> {
        let held: OperationRow
        do {
            held = try call.scope.leased(operation, lease: lease, by: call.caller)
        } catch let error as CallError where error.reason == .leaseLost || error.reason == .notFound {
            // Said again by whoever said it, it answers as it did: the first answer may have been lost.
            guard let answer = try call.answerGiven(to: self) else { throw error }
            return .now(answer)
        }
        let answer = try fail(held, call)
        try call.keep(answer, to: self)
        return .now(answer)
    }

    private func fail(_ held: OperationRow, _ call: CallContext) throws -> Answer {
        let scope = call.scope
        call.engine.outcomeTally.add(.failed, try scope.queue(id: held.queue).name.text)
        let verdict = try scope.take(
            error, from: call.caller, meta: call.meta, of: held, policy: try scope.retryPolicy(of: held))
        scope.conclude(held, as: verdict.category.countsForBreakers ? .failure : .ignored)
        guard verdict.retry.allowed, let afterMs = verdict.retry.afterMs else {
            try scope.die(held, error: verdict.error, message: error.message)
            return Answer(state: .dead, retryAt: nil, verdict: verdict)
        }
        let dueMs = scope.now.elapsedMs + afterMs
        if let expiresMs = held.expiresMs, dueMs >= expiresMs {
            try scope.noteFailure(of: held, error: verdict.error, message: error.message)
            return Answer(state: try scope.expire(held), retryAt: nil, verdict: verdict)
        }
        try scope.retry(held, atMs: dueMs, delayMs: afterMs, error: verdict.error, message: error.message)
        return Answer(state: .scheduled, retryAt: scope.now.wall(atElapsed: dueMs), verdict: verdict)
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

    fileprivate func noteFailure(of operation: OperationRow, error: Int64, message: String) throws {
        let statement = try db.cachedStatement(
            sql: "UPDATE operations SET last_error = ?, last_message = ? WHERE id = ?")
        try statement.execute(arguments: [error, masked(message), operation.id])
    }

    /// Sets an operation aside: it used up its attempts, or trying again changes nothing.
    func die(
        _ operation: OperationRow, error: Int64, message: String, kind: EventKind = .operationDead
    ) throws {
        try noteFailure(of: operation, error: error, message: message)
        try end(operation, as: .dead)
        let queue = try queue(id: operation.queue)
        try makeRoomForDeadLetter(in: queue)
        let name = queue.name
        engine.outcomeTally.add(.died, name.text)
        try journal(NewEvent(kind, masked(message), of: operation, in: name, error: error))
        if let transaction = operation.transaction, let step = operation.step {
            try undoDied(transaction: transaction, step: step, message: message)
        }
    }
}
