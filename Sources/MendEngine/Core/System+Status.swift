import GRDB
import MendProtocol

extension System.Status: ReaderMethod {
    package func read(_ scope: ReadScope) throws -> Answer {
        let counters = try Counters.read(scope.db)
        let totals = try Row.fetchOne(
            scope.db.cachedStatement(
                sql: """
                    SELECT count(*), total(held), total(scheduled), total(ready), total(parked), total(leased),
                        total(done), total(dead), total(cancelled), total(expired) FROM queues
                    """))
        var operations = OperationCounts()
        for (index, state) in OperationState.allCases.enumerated() {
            operations[state] = Int64(totals?[index + 1] as Double? ?? 0)
        }
        let running = try Row.fetchAll(
            scope.db.cachedStatement(
                sql: """
                    SELECT state, count(*) FROM transactions WHERE state IN ('active', 'rolling_back', 'parked')
                    GROUP BY state
                    """))
        return Answer(
            version: scope.facts.version,
            instance: try String.fetchOne(scope.db, sql: "SELECT instance FROM counters") ?? "",
            startedAt: scope.facts.startedAt, uptimeMs: max(0, scope.now.wallMs - scope.facts.startedAt),
            connections: scope.facts.connections, calls: scope.facts.calls, operations: operations,
            queues: totals?[0] ?? 0, breakers: scope.breakers.countsByState(),
            transactions: Dictionary(uniqueKeysWithValues: running.map { ($0[0] as String, $0[1] as Int64) }),
            errors: System.Status.ErrorCounts(reports: counters.reports, groups: counters.errorGroup))
    }
}
