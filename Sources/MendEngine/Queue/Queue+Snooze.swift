import GRDB
import MendProtocol

extension Queue.Snooze: WriterMethod {
    package func apply(_ call: CallContext) throws -> Reply<Answer> {
        let dueMs: Int64
        switch (delayMs, runAt) {
        case (let delayMs?, nil): dueMs = call.now.elapsedMs + delayMs.value
        case (nil, let runAt?): dueMs = call.now.elapsed(atWall: runAt.value)
        case (nil, nil): throw CallError(.invalidParams, "delay_ms or run_at is missing", field: "delay_ms")
        case (_?, _?): throw CallError(.invalidParams, "run_at and delay_ms exclude each other", field: "run_at")
        }
        let held = try call.scope.leased(operation, lease: lease, by: call.caller)
        if let expiresMs = held.expiresMs, dueMs >= expiresMs {
            throw CallError(
                .invalidParams, "operation \(operation) would expire before it is ready again; the lease goes on",
                field: runAt == nil ? "delay_ms" : "run_at", hint: "queue.get tells when it expires")
        }
        guard dueMs > call.now.elapsedMs else {
            let state = try call.scope.makeReady(held, attempt: held.attempt - 1, lost: 0)
            return .now(Answer(state: state, readyAt: nil))
        }
        try call.scope.snooze(held, untilMs: dueMs, runAt: runAt?.value)
        return .now(Answer(state: .scheduled, readyAt: call.now.wall(atElapsed: dueMs)))
    }
}

extension Scope {
    /// Gives a leased operation back for later. Its attempt is not spent, and it is not what lost its workers.
    fileprivate func snooze(_ operation: OperationRow, untilMs dueMs: Int64, runAt: Int64?) throws {
        let statement = try db.cachedStatement(
            sql: "UPDATE operations SET state = 1, due_at = ?, run_at = ?, attempt = ?, lost = 0 WHERE id = ?")
        try statement.execute(arguments: [dueMs, runAt, operation.attempt - 1, operation.id])
        try endLease(of: operation)
        try queue(id: operation.queue).move(from: .leased, to: .scheduled)
        engine.note(dueAt: dueMs)
    }
}
