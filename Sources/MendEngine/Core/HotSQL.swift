import GRDB

/// A statement of the hot path. GRDB finds cached statements by their text: to hash and to compare some hundred bytes
/// costs about as much as to bind and run it. This one is found by its identity.
final class HotSQL: Sendable {
    let text: String

    init(_ text: String) { self.text = text }
}

/// The writer's prepared statements of the hot path.
final class HotStatements {
    private var prepared: [ObjectIdentifier: Statement] = [:]

    func statement(_ sql: HotSQL, in db: Database) throws -> Statement {
        if let known = prepared[ObjectIdentifier(sql)] { return known }
        let statement = try db.makeStatement(sql: sql.text)
        prepared[ObjectIdentifier(sql)] = statement
        return statement
    }

    /// Before the database is closed, for which no statement may be left, and after a failure: one that has failed says
    /// so again when it is bound anew.
    func removeAll() { prepared = [:] }
}

extension Scope {
    /// A prepared statement: bind it anew, run it to its end.
    func hot(_ sql: HotSQL) throws -> Statement { try engine.statements.statement(sql, in: db) }
}
