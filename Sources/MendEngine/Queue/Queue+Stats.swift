import GRDB
import MendProtocol

extension Queue.Stats: ReaderMethod {
    package func read(_ scope: ReadScope) throws -> Answer {
        let statement = try scope.db.cachedStatement(
            sql: """
                SELECT q.*, (SELECT enqueued_at FROM operations o WHERE o.queue = q.id AND o.state = 2
                    ORDER BY o.priority, o.id LIMIT 1) AS next_enqueued
                FROM queues q WHERE ?1 IS NULL OR name = ?1 ORDER BY name LIMIT 1000
                """)
        let rows = try Row.fetchAll(statement, arguments: [queue?.text])
        return Answer(
            queues: rows.map { row in
                var counts = OperationCounts()
                for state in OperationState.allCases { counts[state] = row[state.rawValue] }
                return QueueInfo(
                    queue: Name(unchecked: row["name"]), paused: row["paused"],
                    maxSize: row["max_size"] ?? scope.settings.queueMaxSize, counts: counts,
                    nextAgeMs: (row["next_enqueued"] as Int64?).map { max(0, scope.now.wallMs - $0) })
            })
    }
}
