import GRDB
import MendProtocol

extension Queue.List: ReaderMethod {
    package func read(_ scope: ReadScope) throws -> Answer {
        var queueID: Int64?
        if let queue {
            let statement = try scope.db.cachedStatement(sql: "SELECT id FROM queues WHERE name = ?")
            guard let id = try Int64.fetchOne(statement, arguments: [queue.text]) else {
                return Answer(operations: [], next: nil)
            }
            queueID = id
        }
        let limit = Int(limit?.value ?? 100)
        // What is shown as parked is ready on the disk.
        let shut = state == .ready || state == .parked ? try scope.shutQueues() : "[]"
        let statement = try scope.db.cachedStatement(
            sql: """
                SELECT \(OperationInfo.columns) FROM operations o JOIN queues q ON q.id = o.queue
                WHERE o.id > ? AND (?2 IS NULL OR o.queue = ?2) AND (?3 IS NULL OR ?3 =
                    CASE WHEN o.state = 2 AND o.queue IN (SELECT value FROM json_each(?4)) THEN 3 ELSE o.state END)
                ORDER BY o.id LIMIT ?
                """)
        let rows = try Row.fetchCursor(statement, arguments: [after ?? 0, queueID, state?.code, shut, limit + 1])
        var page = Page<OperationInfo>(limit: limit, maxBytes: scope.settings.pageMaxBytes)
        while let row = try rows.next(), try page.take(try OperationInfo(row, now: scope.now, breakers: scope.breakers))
        {}
        return Answer(operations: page.items, next: page.hasMore ? page.items.last?.operation : nil)
    }
}
