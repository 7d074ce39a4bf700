import GRDB
import MendProtocol

extension System.Status: ReaderMethod {
    package func read(_ scope: ReadScope) throws -> Answer {
        let counters = try Counters.read(scope.db)
        return Answer(
            version: scope.facts.version,
            instance: try String.fetchOne(scope.db, sql: "SELECT instance FROM counters") ?? "",
            startedAt: scope.facts.startedAt, uptimeMs: max(0, scope.now.wallMs - scope.facts.startedAt),
            connections: scope.facts.connections, calls: scope.facts.calls,
            operations: try OperationCounts.all(scope.db),
            queues: try Int64.fetchOne(scope.db.cachedStatement(sql: "SELECT count(*) FROM queues")) ?? 0,
            breakers: scope.breakers.countsByState(),
            transactions: try TransactionState.liveCounts(scope.db),
            errors: System.Status.ErrorCounts(reports: counters.reports, groups: counters.errorGroup))
    }
}

extension OperationCounts {
    /// Operations by state, over all queues.
    static func all(_ db: Database) throws -> OperationCounts {
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
        return counts
    }
}

extension TransactionState {
    /// Transactions that are not at their end, by state.
    static func liveCounts(_ db: Database) throws -> [String: Int64] {
        let rows = try Row.fetchAll(
            db.cachedStatement(
                sql: """
                    SELECT state, count(*) FROM transactions WHERE state IN ('active', 'rolling_back', 'parked')
                    GROUP BY state
                    """))
        return Dictionary(uniqueKeysWithValues: rows.map { ($0[0] as String, $0[1] as Int64) })
    }
}
