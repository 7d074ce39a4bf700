import GRDB
import MendProtocol

extension Queue.Replay: WriterMethod {
    package func apply(_ call: CallContext) throws -> Reply<Answer> {
        switch (operation, queue) {
        case (let operation?, nil):
            guard !goesOn, limit == nil, stop == nil else {
                throw CallError(.invalidParams, "one operation is replayed as it is", field: "operation")
            }
            return .now(try replay(operation, call))
        case (nil, let queue?):
            let record = try call.scope.existingQueue(queue)
            if stop == true { return .now(try stop(record, call)) }
            return .now(try goesOn ? begin(record, call) : replay(from: record, call))
        default: throw CallError(.invalidParams, "name either operation or queue", field: "operation")
        }
    }

    /// Whether it may take more than this call.
    private var goesOn: Bool {
        group != nil || lane != nil || key != nil || olderThanMs != nil || newerThanMs != nil || rate != nil
            || canary == true
    }

    private func begin(_ queue: QueueRecord, _ call: CallContext) throws -> Answer {
        try check(lane, atMost: 512, field: "lane")
        try check(key, atMost: 512, field: "key")
        guard call.engine.replays[queue.id] == nil else {
            throw CallError(
                .conflict, "a replay of the queue \(queue.name) is under way", field: "queue",
                hint: "wait for its end, or end it with stop")
        }
        let replay = MendEngine.Replay(
            call: self, uid: call.caller.role == .operator ? nil : call.caller.uid, begunAt: call.now.wallMs,
            nextUs: call.now.elapsedMs * 1000)
        return try call.scope.begin(replay, of: queue, by: call.caller)
    }

    private func stop(_ queue: QueueRecord, _ call: CallContext) throws -> Answer {
        guard !goesOn, limit == nil else {
            throw CallError(.invalidParams, "stop goes with a queue only", field: "stop")
        }
        guard let replay = call.engine.replays[queue.id] else {
            throw CallError(.conflict, "no replay of the queue \(queue.name) is under way", field: "queue")
        }
        guard replay.uid.map(call.caller.owns) ?? (call.caller.role == .operator) else {
            throw CallError(.permissionDenied, "the replay is not yours to end", field: "queue")
        }
        try call.scope.end(replay, of: queue, "user \(call.caller.uid) ended it")
        return Answer(replayed: replay.replayed, remaining: queue.counts.dead)
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
        guard try call.scope.revive(row) else {
            throw CallError(
                .conflict, "another live operation of the queue has the key of operation \(id)", field: "operation",
                hint: "replay it when that one has ended, or cancel one of the two")
        }
        return Answer(replayed: 1, remaining: try call.scope.queue(id: row.queue).counts.dead)
    }

    private func replay(from queue: QueueRecord, _ call: CallContext) throws -> Answer {
        // Those whose keys are taken do not count, lest they keep back for ever what is behind them.
        let statement = try call.db.cachedStatement(
            sql: """
                SELECT \(OperationRow.columns) FROM operations dead
                WHERE queue = ? AND state = 6 AND txn IS NULL AND (uid = ? OR ?) AND NOT EXISTS (
                    SELECT 1 FROM operations live
                    WHERE live.queue = dead.queue AND live.key = dead.key AND live.key IS NOT NULL AND live.state <= 4)
                ORDER BY id LIMIT ?
                """)
        let rows = try Row.fetchAll(
            statement,
            arguments: [queue.id, call.caller.uid, call.caller.role == .operator, limit?.value ?? 1000])
        var replayed: Int64 = 0
        for row in rows where try call.scope.revive(OperationRow(row)) { replayed += 1 }
        return Answer(replayed: replayed, remaining: queue.counts.dead)
    }
}

extension Scope {
    /// Gives a dead letter all its attempts again; tells whether its key is free, for else it stays dead.
    func revive(_ dead: OperationRow) throws -> Bool {
        var operation = dead
        // Whoever replays it wants it to happen, also after its time.
        operation.expiresMs = nil
        let isTaken = try db.cachedStatement(
            sql: """
                SELECT 1 FROM operations dead JOIN operations live ON live.queue = dead.queue AND live.key = dead.key
                WHERE dead.id = ? AND live.key IS NOT NULL AND live.state <= 4
                """)
        guard try Row.fetchOne(isTaken, arguments: [operation.id]) == nil else { return false }
        let statement = try db.cachedStatement(
            sql: """
                UPDATE operations SET failing_since = NULL, last_delay_ms = NULL, lease = NULL, expires_at = NULL
                WHERE id = ?
                """)
        try statement.execute(arguments: [operation.id])
        try makeReady(operation, attempt: 0, lost: 0)
        return true
    }
}
