import GRDB
import MendProtocol

extension Queue.Stats: ReaderMethod {
    package func read(_ scope: ReadScope) throws -> Answer {
        let statement = try scope.db.cachedStatement(
            sql: """
                SELECT q.*, (SELECT enqueued_at FROM operations o WHERE o.queue = q.id AND o.state = 2
                    ORDER BY o.priority, o.id LIMIT 1) AS next_enqueued,
                    (SELECT replay FROM replays WHERE replays.queue = q.id) AS replay
                FROM queues q WHERE (?1 IS NULL OR name = ?1) AND name > ?2 ORDER BY name LIMIT ?3
                """)
        let limit = Int(limit?.value ?? PageSize.range.upperBound)
        let rows = try Row.fetchCursor(statement, arguments: [queue?.text, after?.text ?? "", limit + 1])
        var page = Page<QueueInfo>(limit: limit, maxBytes: scope.settings.pageMaxBytes)
        while let row = try rows.next(), try page.take(try info(row, scope)) {}
        return Answer(queues: page.items, next: page.hasMore ? page.items.last?.queue : nil)
    }

    private func info(_ row: Row, _ scope: ReadScope) throws -> QueueInfo {
        var counts = OperationCounts()
        for state in OperationState.allCases { counts[state] = row[state.rawValue] }
        let settings = try StoredQueueSettings(stored: row["settings"])
        if let breaker = settings.breaker, scope.breakers.isShut(breaker) { counts.parkReady(counts.ready) }
        var info = QueueInfo(
            queue: Name(unchecked: row["name"]), paused: row["paused"], counts: counts,
            nextAgeMs: (row["next_enqueued"] as Int64?).map { max(0, scope.now.wallMs - $0) },
            settings: settings.inForce(scope.settings))
        info.replay = try (row["replay"] as String?).map { try Replay(stored: $0).info }
        return info
    }
}
