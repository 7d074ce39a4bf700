import GRDB

/// Runs inputs one after the other, each on an empty state, and with the statements that are compiled already: compiling
/// them would take most of the time.
package struct EngineRunner: Sendable {
    private let database: DatabaseQueue

    package init() throws(Finding) {
        do { database = try DatabaseQueue() } catch { throw Finding("no database in memory: \(error)") }
    }

    package func run(_ input: [UInt8]) throws(Finding) -> Tally {
        do {
            // The pages that others have left behind would be room on a disk that is to be full.
            if input.contains(Array("@full".utf8)) { return try EngineProbe(on: DatabaseQueue()).run(input) }
            try empty()
            return try EngineProbe(on: database).run(input)
        } catch {
            throw error as? Finding ?? Finding("the engine failed: \(error)")
        }
    }

    private func empty() throws {
        try database.write { db in
            let tables = try String.fetchAll(
                db,
                sql: """
                    SELECT name FROM sqlite_master
                    WHERE type = 'table' AND name <> 'grdb_migrations' AND name NOT LIKE 'errors_text%'
                    """)
            for table in tables { try db.cachedStatement(sql: "DELETE FROM \(table)").execute() }
            guard tables.contains("statistics") else { return }
            // The index of words looks after its own tables; counting begins with the one row of its state.
            try db.execute(sql: "INSERT INTO errors_text (errors_text) VALUES ('delete-all')")
            try db.execute(sql: "INSERT INTO statistics DEFAULT VALUES")
        }
    }
}
