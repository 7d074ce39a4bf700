import GRDB

extension Scope {
    /// Forgets reports that are older than `errorRetentionMs`, of the oldest `limit` ones, and groups that have none left
    /// and were not seen since; a problem that comes back after that is new.
    ///
    /// - Returns: whether there may be more to forget at once.
    func forgetOldErrors(limit: Int) throws -> Bool {
        let cutoff = now.wallMs - engine.settings.errorRetentionMs
        // Ids grow with time, so the oldest reports have the lowest.
        let forgotten = try Int64.fetchAll(
            db.cachedStatement(
                sql: """
                    DELETE FROM errors
                    WHERE id IN (SELECT id FROM errors ORDER BY id LIMIT ?1) AND reported_at < ?2
                    RETURNING error_group
                    """),
            arguments: [limit, cutoff])
        let statement = try db.cachedStatement(
            sql: """
                DELETE FROM error_groups WHERE id = ?1 AND last_seen_at < ?2
                    AND NOT EXISTS (SELECT 1 FROM errors WHERE error_group = ?1)
                """)
        for group in Set(forgotten).sorted() { try statement.execute(arguments: [group, cutoff]) }
        return forgotten.count == limit
    }
}
