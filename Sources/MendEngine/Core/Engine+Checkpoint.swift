import GRDB
import GRDBSQLite

extension Engine {
    /// Moves what the log holds into the database file, as far as readers let it. The writer calls it between commits;
    /// nobody else ever does (SQLite before 3.51.3 can lose a log that two connections write at the same time).
    ///
    /// Afterwards the room that is set aside for what ends work is made whole again. Where that cannot be, new work is
    /// refused until it can.
    ///
    /// - Returns: whether all went well; with too little space it is to be tried again.
    package func checkpoint() throws(CommitFailed) -> Bool {
        do {
            let freePages = try database.writeWithoutTransaction { db in
                try Self.checkpoint(db)
                return try Int.fetchOne(db.cachedStatement(sql: "PRAGMA freelist_count")) ?? 0
            }
            noteSpace(isShort: !(space?.hold(freePages: freePages) ?? true))
            return !isShortOfSpace
        } catch let error as DatabaseError where error.resultCode == .SQLITE_FULL {
            noteSpace(isShort: true)
            return false
        } catch {
            throw CommitFailed(error, at: database.path, "the checkpoint failed")
        }
    }

    static func checkpoint(_ db: Database) throws {
        _ = try Row.fetchOne(db.cachedStatement(sql: "PRAGMA wal_checkpoint(PASSIVE)"))
    }

    /// The pages that were written since this was asked last, which is how much longer the log has become.
    package func takeWrittenPages() -> Int {
        defer { writtenPages = 0 }
        return writtenPages
    }

    static func writtenPages(_ db: Database) -> Int {
        var (pages, highest): (Int32, Int32) = (0, 0)
        sqlite3_db_status(db.sqliteConnection, SQLITE_DBSTATUS_CACHE_WRITE, &pages, &highest, 1)
        return Int(pages)
    }

    /// Free pages that stay in the file for what comes next.
    private static let freePagesKept = 1024

    /// Gives a little of what is free in the file back to the file system; answers how many pages that were.
    package func vacuum() throws(CommitFailed) -> Int {
        do {
            return try database.writeWithoutTransaction { db in
                let free = try Int.fetchOne(db.cachedStatement(sql: "PRAGMA freelist_count")) ?? 0
                guard free >= Self.freePagesKept + 256,
                    try Int.fetchOne(db.cachedStatement(sql: "PRAGMA auto_vacuum")) == 2
                else { return 0 }
                // Each row that is fetched gives a page back.
                let pages = try Row.fetchCursor(db, sql: "PRAGMA incremental_vacuum(256)")
                while try pages.next() != nil {}
                return 256
            }
        } catch let error as DatabaseError where error.resultCode == .SQLITE_FULL {
            return 0
        } catch {
            throw CommitFailed(error, at: database.path, "giving free pages back failed")
        }
    }

    /// How many pages may be written between two checkpoints.
    package var checkpointPages: Int { min(4000, space?.pagesBetweenLooks ?? .max) }

    /// Notes whether there is room for new work; the next commit tells of a change.
    package func noteSpace(isShort: Bool) {
        guard isShort != isShortOfSpace else { return }
        isShortOfSpace = isShort
        setNextDue(.min)
    }

    /// Closes the state; nothing may use the engine or its readers afterwards.
    package func close() throws(CommitFailed) {
        statements.removeAll()
        do {
            try database.write { db in try outcomeTally.writeAll(db, rolledHour: try rolledHour(db), breakers) }
            // The last connection to close removes the log, which one that only reads cannot.
            (database as? DatabasePool)?.invalidateReadOnlyConnections()
            try database.close()
            directory = nil
        } catch {
            throw CommitFailed(error, at: database.path, "the state could not be closed")
        }
    }

    /// Lets go of a damaged state, and leaves it as it is. One that was moved is completed, since its log has not moved with
    /// it; but not one that is deleted: it may have been copied before, and then its log belongs to the copy.
    package func abandon() {
        statements.removeAll()
        if moved != nil, files[database.path]?.isNamedWhereOpen == true {
            _ = try? database.writeWithoutTransaction { try Row.fetchOne($0, sql: "PRAGMA wal_checkpoint(TRUNCATE)") }
        }
        // The last connection to close would move the log into the file, which one that only reads cannot: the pool closes
        // its readers last, and here is one.
        _ = try? database.read { db in try Row.fetchOne(db, sql: "SELECT 1 FROM counters") }
        try? database.close()
        directory = nil
    }

    /// Tells how durable a commit is: what `PRAGMA synchronous` says on the writer's connection (2 is FULL).
    package func synchronousLevel() throws -> Int? {
        try database.writeWithoutTransaction { db in try Int.fetchOne(db, sql: "PRAGMA synchronous") }
    }
}
