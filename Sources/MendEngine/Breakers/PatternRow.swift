import GRDB
import MendProtocol
import MendWire

/// What is kept on disk of a pattern.
struct PatternRow {
    let pattern: NamePattern
    /// All that it says; nothing where it is gone.
    let said: Breaker.Configure?

    /// Members that a newer version wrote are passed over.
    static func fetchAll(_ db: Database) throws -> [PatternRow] {
        let texts = try String.fetchAll(db, sql: "SELECT settings FROM breaker_patterns ORDER BY pattern")
        return try texts.map { text in
            let said = try WireDecoder.decode(
                Breaker.Configure.self, from: JSONDocument(parsing: text).root, unknownMembers: .ignore)
            guard let pattern = said.pattern else { throw InvalidValue("names no pattern") }
            return PatternRow(pattern: pattern, said: said)
        }
    }

    func save(_ db: Database) throws {
        guard let said else {
            return try db.cachedStatement(sql: "DELETE FROM breaker_patterns WHERE pattern = ?")
                .execute(arguments: [pattern.text])
        }
        try db.cachedStatement(
            sql: """
                INSERT INTO breaker_patterns (pattern, settings) VALUES (?, ?)
                ON CONFLICT (pattern) DO UPDATE SET settings = excluded.settings
                """
        ).execute(arguments: [pattern.text, try WireEncoder.text(of: said)])
    }
}
