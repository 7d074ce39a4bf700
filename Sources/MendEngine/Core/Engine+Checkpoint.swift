import GRDB

extension Engine {
    /// Moves what the log holds into the database file, as far as readers let it. The writer calls it between commits;
    /// nobody else ever does (SQLite before 3.51.3 can lose a log that two connections write at the same time).
    ///
    /// - Returns: whether it could; with no space left the log keeps what it has, and it is to be tried again.
    package func checkpoint() throws(CommitFailed) -> Bool {
        do {
            try database.writeWithoutTransaction { db in
                _ = try Row.fetchOne(db.cachedStatement(sql: "PRAGMA wal_checkpoint(PASSIVE)"))
            }
            return true
        } catch let error as DatabaseError where error.resultCode == .SQLITE_FULL {
            return false
        } catch {
            throw CommitFailed(description: "the checkpoint failed: \(error)")
        }
    }

    /// Tells how durable a commit is: what `PRAGMA synchronous` says on the writer's connection (2 is FULL).
    package func synchronousLevel() throws -> Int? {
        try database.writeWithoutTransaction { db in try Int.fetchOne(db, sql: "PRAGMA synchronous") }
    }
}
