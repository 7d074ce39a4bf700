import GRDB
import MendProtocol

extension ReadScope {
    func explain(error id: Int64) throws -> Explanation {
        let statement = try db.cachedStatement(sql: "SELECT \(StoredReport.columns) FROM errors WHERE id = ?")
        guard let report = try Row.fetchOne(statement, arguments: [id]).map(StoredReport.init) else {
            throw CallError.noError(id)
        }
        return Explanation(
            state: report.category.rawValue,
            why: [
                "\(report.service) reported: \(report.message)",
                "it is taken for \(report.category.rawValue), of \(report.severity.rawValue) severity, by: \(report.why)",
                "the strategy for it is \(report.strategy.rawValue)",
            ], see: [.group(report.group)])
    }

    func explain(group id: Int64) throws -> Explanation {
        let statement = try db.cachedStatement(
            sql: "SELECT service, title, occurrences, first_seen_at, last_seen_at FROM error_groups WHERE id = ?")
        guard let row = try Row.fetchOne(statement, arguments: [id]) else {
            throw CallError(
                .notFound, "there is no group \(id)", field: "group", hint: "groups are forgotten with their reports")
        }
        let find = try db.cachedStatement(sql: "SELECT max(id) FROM errors WHERE error_group = ?")
        let newest = try Int64.fetchOne(find, arguments: [id])
        let occurrences: Int64 = row[2]
        let ago = max(0, now.wallMs - (row[4] as Int64)).asDuration
        let span = max(0, (row[4] as Int64) - (row[3] as Int64)).asDuration
        return Explanation(
            state: occurrences == 1 ? "new" : "ongoing",
            why: [
                "\(row[0] as String): \(row[1] as String)",
                occurrences == 1
                    ? "it was reported once, \(ago) ago"
                    : "it was reported \(occurrences) times within \(span), the last time \(ago) ago",
            ], see: newest.map { [.error($0)] } ?? [])
    }
}
