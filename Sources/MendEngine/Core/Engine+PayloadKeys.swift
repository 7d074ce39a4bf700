import GRDB

extension Engine {
    private static let known = "mend"
    private static func place(_ key: Int64) -> String { "check of key \(key)" }

    /// Holds the keys that are there against those that texts were sealed with, and takes note of a new one.
    ///
    /// A key that is not there any more is forgotten where nothing needs it: so keys are rotated.
    ///
    /// - Throws: `StateError` where a key that is needed is missing or another one has its number. Nothing is changed.
    static func checkPayloadKeys(_ db: Database, cipher: (any PayloadCipher)?) throws {
        for row in try Row.fetchAll(db, sql: "SELECT id, sealed FROM payload_keys ORDER BY id") {
            let (id, sealed): (Int64, String) = (row[0], row[1])
            if let cipher, cipher.keys.contains(id) {
                guard (try? cipher.open(sealed, key: id, at: place(id))) == known else {
                    throw StateError.wrongKey(id)
                }
            } else if try isNeeded(id, db) {
                throw StateError.missingKey(id)
            } else {
                try db.execute(sql: "DELETE FROM payload_keys WHERE id = ?", arguments: [id])
            }
        }
        guard let cipher else { return }
        let id = cipher.currentKey
        try db.execute(
            sql: "INSERT OR IGNORE INTO payload_keys (id, sealed) VALUES (?, ?)",
            arguments: [id, try cipher.seal(known, at: place(id))])
    }

    /// Looks at everything: this is only asked when a key has been taken away.
    private static func isNeeded(_ key: Int64, _ db: Database) throws -> Bool {
        let (first, end) = ("k\(key):", "k\(key);")
        let found = try Row.fetchOne(
            db,
            sql: """
                SELECT 1 FROM operations WHERE payload >= ?1 AND payload < ?2 OR result >= ?1 AND result < ?2
                UNION ALL SELECT 1 FROM steps WHERE payload >= ?1 AND payload < ?2 LIMIT 1
                """,
            arguments: [first, end])
        return found != nil
    }
}
