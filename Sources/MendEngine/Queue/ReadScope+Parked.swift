import GRDB
import MendProtocol

extension OperationState {
    /// What it is shown as, tied to its queue's breaker: while that is open, what is ready is parked.
    func shown(behind breaker: Name?, _ breakers: BreakerTable) -> OperationState {
        guard self == .ready, let breaker, breakers.isShut(breaker) else { return self }
        return .parked
    }
}

extension OperationCounts {
    mutating func parkReady(_ count: Int64) {
        ready -= count
        parked += count
    }
}

extension ReadScope {
    private func tiedQueues() throws -> RowCursor {
        let statement = try db.cachedStatement(
            sql: "SELECT settings ->> '$.breaker' AS breaker, id, ready FROM queues WHERE breaker IS NOT NULL")
        return try Row.fetchCursor(statement)
    }

    /// The ids of queues whose breaker is open, as a JSON array.
    func shutQueues() throws -> String {
        var ids: [String] = []
        let rows = try tiedQueues()
        while let row = try rows.next() {
            if breakers.isShut(Name(unchecked: row[0])) { ids.append(String(row[1] as Int64)) }
        }
        return "[\(ids.joined(separator: ","))]"
    }

    /// Operations by state, over all queues.
    func operationCounts() throws -> OperationCounts {
        let totals = try Row.fetchOne(
            db.cachedStatement(
                sql: """
                    SELECT total(held), total(scheduled), total(ready), total(parked), total(leased), total(done),
                        total(dead), total(cancelled), total(expired) FROM queues
                    """))
        var counts = OperationCounts()
        for (index, state) in OperationState.allCases.enumerated() {
            counts[state] = Int64(totals?[index] as Double? ?? 0)
        }
        let rows = try tiedQueues()
        while let row = try rows.next() {
            if breakers.isShut(Name(unchecked: row[0])) { counts.parkReady(row[2]) }
        }
        return counts
    }
}
