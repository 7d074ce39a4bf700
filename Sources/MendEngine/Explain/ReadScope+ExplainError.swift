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
        let group = try GroupRow.find(id, in: db)
        let find = try db.cachedStatement(sql: "SELECT max(id) FROM errors WHERE error_group = ?")
        let newest = try Int64.fetchOne(find, arguments: [id])
        let ago = max(0, now.wallMs - group.lastSeenAt).asDuration
        let span = max(0, group.lastSeenAt - group.firstSeenAt).asDuration
        var see: [Subject] = newest.map { [.error($0)] } ?? []
        var why = [
            "\(group.service): \(group.title)",
            group.occurrences == 1
                ? "it was reported once, \(ago) ago"
                : "it was reported \(group.occurrences) times within \(span), the last time \(ago) ago",
        ]
        if let top = group.mergedInto {
            why.append(
                "it was merged into group \(top), \(group.isByHand ? "by hand" : "by itself"), and is counted there")
            see.append(.group(top))
        }
        return Explanation(
            state: group.standing.state(occurrences: group.occurrences, now: now).rawValue, why: why, see: see)
    }
}
