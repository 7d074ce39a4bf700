import GRDB
import MendProtocol

extension Group.Split: WriterMethod {
    package func apply(_ call: CallContext) throws -> Reply<Answer> {
        let row = try call.scope.group(group)
        guard let top = row.mergedInto else {
            throw CallError(
                .conflict, "group \(group) was not merged into another", field: "group",
                hint: "group.get names, in 'merged', the groups that can be taken out of one")
        }
        try call.scope.split(row, from: top)
        return .now(try call.scope.group(group).info(in: call.db, now: call.now))
    }
}

extension Scope {
    /// Counts a group, and what was merged into it, by itself again. What was merged by itself would be so at once, so its
    /// template is pinned.
    fileprivate func split(_ row: GroupRow, from top: Int64) throws {
        // Its count went into that of the group that it was merged into, and with that into the next one's.
        try db.cachedStatement(
            sql: """
                WITH RECURSIVE above(id) AS (
                    SELECT parent FROM error_groups WHERE id = ?1 UNION
                    SELECT error_groups.parent FROM error_groups JOIN above ON error_groups.id = above.id
                    WHERE error_groups.parent IS NOT NULL)
                UPDATE error_groups SET occurrences = max(occurrences - ?2, 0) WHERE id IN (SELECT id FROM above)
                """
        ).execute(arguments: [row.id, row.occurrences])
        try db.cachedStatement(
            sql: """
                WITH RECURSIVE part(id) AS (
                    VALUES (?1) UNION
                    SELECT error_groups.id FROM error_groups JOIN part ON error_groups.parent = part.id
                    WHERE error_groups.merged_into = ?2)
                UPDATE error_groups SET merged_into = ?1 WHERE merged_into = ?2 AND id IN (SELECT id FROM part)
                """
        ).execute(arguments: [row.id, top])
        try db.cachedStatement(
            sql: """
                UPDATE error_groups
                SET merged_into = NULL, parent = NULL, by_hand = 0, pinned = pinned OR NOT by_hand, returns_from = ?2
                WHERE id = ?1
                """
        ).execute(arguments: [row.id, top])
        let other = try group(top)
        forgetMiner(of: row.service)
        forgetMiner(of: other.service)
        try returnReports(to: row.id, from: top, limit: Self.dueLimit)
    }

    /// Brings back some of the reports of a group that was split off; answers whether there are more of any.
    func returnReports(limit: Int) throws -> Bool {
        let row = try Row.fetchOne(
            db.cachedStatement(sql: "SELECT id, returns_from FROM error_groups WHERE returns_from > 0 LIMIT 1"))
        guard let row else { return false }
        try returnReports(to: row[0], from: row[1], limit: limit)
        return true
    }

    private func returnReports(to group: Int64, from top: Int64, limit: Int) throws {
        try db.cachedStatement(
            sql: """
                UPDATE errors SET error_group = ?1, first_group = CASE WHEN first_group = ?1 THEN NULL ELSE first_group END
                WHERE id IN (
                    SELECT id FROM errors WHERE error_group = ?2 AND first_group IN (
                        SELECT ?1 UNION ALL SELECT id FROM error_groups WHERE merged_into = ?1)
                    ORDER BY id DESC LIMIT ?3)
                """
        ).execute(arguments: [group, top, limit])
        guard db.changesCount < limit else { return }
        try db.cachedStatement(sql: "UPDATE error_groups SET returns_from = NULL WHERE id = ?")
            .execute(arguments: [group])
    }
}
