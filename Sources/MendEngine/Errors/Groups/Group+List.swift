import GRDB
import MendProtocol

extension Group.List: ReaderMethod {
    package func read(_ scope: ReadScope) throws -> Answer {
        let rows = try Row.fetchCursor(
            scope.db.cachedStatement(
                sql: """
                    SELECT \(GroupRow.columns) FROM error_groups
                    WHERE id < ?1 AND merged_into IS NULL AND (?2 IS NULL OR service = ?2) ORDER BY id DESC
                    """),
            arguments: [after ?? .max, service])
        var page = Page<GroupInfo>(limit: Int(limit?.value ?? 100), maxBytes: scope.settings.pageMaxBytes)
        while let row = try rows.next() {
            let group = GroupRow(row)
            if let state, group.standing.state(occurrences: group.occurrences, now: scope.now) != state { continue }
            guard try page.take(try group.info(in: scope.db, now: scope.now)) else { break }
        }
        return Answer(groups: page.items, next: page.hasMore ? page.items.last?.group : nil)
    }
}
