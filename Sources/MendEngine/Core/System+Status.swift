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
            operations: try scope.operationCounts(),
            queues: try Int64.fetchOne(scope.db.cachedStatement(sql: "SELECT count(*) FROM queues")) ?? 0,
            breakers: scope.breakers.countsByState(),
            transactions: try TransactionState.liveCounts(scope.db),
            errors: System.Status.ErrorCounts(reports: counters.reports, groups: counters.groups))
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
