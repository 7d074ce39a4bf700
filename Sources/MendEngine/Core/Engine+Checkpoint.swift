import GRDB

extension Engine {
    /// Moves what the log holds into the database file, as far as readers let it. The writer calls it between commits;
    /// nobody else ever does (SQLite before 3.51.3 can lose a log that two connections write at the same time).
    ///
    /// - Returns: the pages that the log holds.
    @discardableResult
    package func checkpoint() throws(CommitFailed) -> Int {
        do {
            return try database.writeWithoutTransaction { db in
                try Row.fetchOne(db.cachedStatement(sql: "PRAGMA wal_checkpoint(PASSIVE)"))?[1] ?? 0
            }
        } catch {
            throw CommitFailed(description: "the checkpoint failed: \(error)")
        }
    }

    /// Tells how durable a commit is: what `PRAGMA synchronous` says on the writer's connection (2 is FULL).
    package func synchronousLevel() throws -> Int? {
        try database.writeWithoutTransaction { db in try Int.fetchOne(db, sql: "PRAGMA synchronous") }
    }
}
