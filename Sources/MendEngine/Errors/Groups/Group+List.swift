import GRDB
import MendProtocol

extension Group.List: ReaderMethod {
    package func read(_ scope: ReadScope) throws -> Answer {
        let rows = try Row.fetchCursor(
            scope.db.cachedStatement(
                sql: """
                    SELECT \(GroupRow.columns) FROM error_groups WHERE id < ?1 ORDER BY id DESC LIMIT ?2
                    """),
            arguments: [after ?? .max, Self.lookedAtLimit])
        var page = Page<GroupInfo>(limit: Int(limit?.value ?? 100), maxBytes: scope.settings.pageMaxBytes)
        var (looked, last): (Int, Int64?) = (0, nil)
        while let row = try rows.next() {
            let group = GroupRow(row)
            if isWanted(group, now: scope.now), try !page.take(try group.info(in: scope.db, now: scope.now)) { break }
            looked += 1
            last = group.id
        }
        return Answer(groups: page.items, next: page.hasMore || looked == Self.lookedAtLimit ? last : nil)
    }

    /// However many groups there are and however few fit, a page costs the same.
    static let lookedAtLimit = 5_000

    private func isWanted(_ group: GroupRow, now: Moment) -> Bool {
        guard group.mergedInto == nil, service == nil || group.service == service else { return false }
        return state == nil || group.standing.state(occurrences: group.occurrences, now: now) == state
    }
}
