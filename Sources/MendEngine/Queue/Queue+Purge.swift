import GRDB
import MendProtocol

extension Queue.Purge: WriterMethod {
    /// Operations of all queues that one call looks at: with many of other queues between, the writer must not be held up.
    static let lookedAtLimit: Int64 = 20_000

    package func apply(_ call: CallContext) throws -> Reply<Answer> {
        let states = Set(states ?? [.done, .dead, .cancelled, .expired])
        if states.contains(.leased) {
            throw CallError(
                .invalidParams, "leased operations are in a worker's hands and are not purged", field: "states",
                hint: "queue.cancel ends one of them")
        }
        let scope = call.scope
        let record = try scope.existingQueue(queue)
        // What is shown as parked is ready on the disk.
        let breaker = record.settings.breaker
        let found = try candidates(of: record, states, scope)
        var purged: Int64 = 0
        for id in found.operations {
            // An earlier one of its lane may have changed it.
            guard let operation = try scope.knownOperation(id),
                states.contains(operation.state.shown(behind: breaker, scope.engine.breakers))
            else { continue }
            // A live one ends first, so that whoever depends on its end goes on.
            if operation.state.isLive { try scope.end(operation, as: .cancelled) }
            try scope.forget(scope.operation(id))
            purged += 1
        }
        var counts = record.counts
        if let breaker, scope.engine.breakers.isShut(breaker) { counts.parkReady(counts.ready) }
        let remaining = states.reduce(0) { $0 + counts[$1] }
        return .now(Answer(purged: purged, remaining: remaining, next: remaining == 0 ? nil : found.next))
    }

    /// The next operations to purge, and where to go on.
    private func candidates(
        of record: QueueRecord, _ states: Set<OperationState>, _ scope: Scope
    ) throws -> (operations: [Int64], next: Int64?) {
        let statement = try scope.db.cachedStatement(
            sql: """
                SELECT id, queue = ? AND txn IS NULL AND coalesce(ended_at, enqueued_at) <= ?, state FROM operations
                WHERE id > ? ORDER BY id LIMIT ?
                """)
        let limit = Int(limit?.value ?? PageSize.range.upperBound)
        let endedBefore = scope.now.wallMs - (olderThanMs?.value ?? 0)
        let rows = try Row.fetchCursor(
            statement, arguments: [record.id, endedBefore, after ?? 0, Self.lookedAtLimit])
        var (found, last, looked): ([Int64], Int64, Int64) = ([], 0, 0)
        while let row = try rows.next() {
            last = row[0]
            looked += 1
            let state = try OperationState(stored: row[2]).shown(behind: record.settings.breaker, scope.engine.breakers)
            if row[1], states.contains(state) { found.append(last) }
            if found.count == limit { return (found, last) }
        }
        return (found, looked == Self.lookedAtLimit ? last : nil)
    }
}
