import GRDB
import MendProtocol
import MendWire

extension Queue.Get: ReaderMethod {
    package func read(_ scope: ReadScope) throws -> Answer {
        let statement = try scope.db.cachedStatement(
            sql: """
                SELECT \(OperationInfo.columns) FROM operations o JOIN queues q ON q.id = o.queue WHERE o.id = ?
                """)
        guard let row = try Row.fetchOne(statement, arguments: [operation]) else {
            throw CallError.noOperation(operation)
        }
        var info = try OperationInfo(row, now: scope.now, breakers: scope.breakers)
        if scope.caller.owns(info.uid) {
            let payloads = scope.settings.payloads
            // Where it cannot be opened the rest still tells how it is with it.
            info.payload = (try? payloads.text(row["payload"], at: PayloadStore.payload(of: operation)))
                .map(RawJSON.init(unchecked:))
            info.result = try (row["result"] as String?).map {
                RawJSON(unchecked: try payloads.text($0, at: PayloadStore.result(of: operation)))
            }
        }
        return info
    }
}

extension OperationInfo {
    /// The columns that `init` reads, of operations `o` and their queues `q`.
    static let columns = """
        o.*, q.name AS queue_name, q.settings ->> '$.breaker' AS queue_breaker, CASE WHEN o.lane_place = 1 THEN (SELECT h.id FROM operations h
            WHERE h.queue = o.queue AND h.lane = o.lane AND h.lane_place = 0) END AS behind
        """

    /// An operation without its payload and result.
    init(_ row: Row, now: Moment, breakers: BreakerTable) throws {
        let queueBreaker = (row["queue_breaker"] as String?).map(Name.init(unchecked:))
        let state = try OperationState(stored: row["state"]).shown(behind: queueBreaker, breakers)
        self.init(
            operation: row["id"], queue: Name(unchecked: row["queue_name"]), state: state, priority: row["priority"],
            attempt: row["attempt"], maxAttempts: row["max_attempts"], uid: row["uid"], enqueuedAt: row["enqueued_at"])
        let dueAt = (row["due_at"] as Int64?).map(now.wall(atElapsed:))
        readyAt = state == .scheduled ? dueAt : nil
        leaseUntilAt = state == .leased ? dueAt : nil
        worker = state == .leased ? row["worker"] : nil
        breaker = (row["breaker"] as String?).map(Name.init(unchecked:)) ?? queueBreaker
        key = row["key"]
        lane = row["lane"]
        onDead = (row["blocks_lane"] as Bool?) == true ? .block : nil
        policy = (row["policy"] as String?).flatMap(ResolvedPolicy.choice(stored:))
        keepResultMs = row["keep_result_ms"]
        behind = row["behind"]
        expiresAt = (row["expires_at"] as Int64?).map(now.wall(atElapsed:))
        endedAt = row["ended_at"]
        lastError = row["last_error"]
        lastMessage = row["last_message"]
        transaction = row["txn"] ?? row["held_by"]
        step = row["step"]
        correlation = (row["correlation"] as String?).map(Name.init(unchecked:))
        traceparent = (row["traceparent"] as String?).flatMap(TraceParent.init)
    }
}
