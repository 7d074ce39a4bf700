import GRDB
import MendProtocol

extension Queue.Replay: WriterMethod {
    package func apply(_ call: CallContext) throws -> Reply<Answer> {
        switch (operation, queue) {
        case (let operation?, nil): .now(try replay(operation, call))
        case (nil, let queue?): .now(try replay(from: queue, call))
        default: throw CallError(.invalidParams, "name either operation or queue", field: "operation")
        }
    }

    private func replay(_ id: Int64, _ call: CallContext) throws -> Answer {
        let row = try call.scope.operation(id)
        try row.checkOwned(by: call.caller)
        try row.checkIsNoUndo()
        guard row.state == .dead else {
            throw CallError(
                .conflict, "operation \(id) is \(row.state.rawValue); only dead letters are replayed",
                field: "operation")
        }
        try call.scope.revive(row)
        return Answer(replayed: 1, remaining: try call.scope.queue(id: row.queue).counts.dead)
    }

    private func replay(from name: Name, _ call: CallContext) throws -> Answer {
        let queue = try call.scope.existingQueue(name)
        let statement = try call.db.cachedStatement(
            sql: """
                SELECT \(OperationRow.columns) FROM operations
                WHERE queue = ? AND state = 6 AND txn IS NULL AND (uid = ? OR ?) ORDER BY id LIMIT ?
                """)
        let rows = try Row.fetchAll(
            statement,
            arguments: [queue.id, call.caller.uid, call.caller.role == .operator, limit?.value ?? 1000])
        for row in rows { try call.scope.revive(OperationRow(row)) }
        return Answer(replayed: Int64(rows.count), remaining: queue.counts.dead)
    }
}

extension Scope {
    /// Gives a dead letter all its attempts again.
    fileprivate func revive(_ operation: OperationRow) throws {
        let statement = try db.cachedStatement(
            sql: "UPDATE operations SET failing_since = NULL, last_delay_ms = NULL, lease = NULL WHERE id = ?")
        try statement.execute(arguments: [operation.id])
        try makeReady(operation, attempt: 0)
    }
}
