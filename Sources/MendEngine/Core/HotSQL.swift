import GRDB
import GRDBSQLite

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
        // `run` binds by itself: GRDB is not to look for arguments.
        statement.setUncheckedArguments(StatementArguments())
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

extension Statement {
    /// Binds values in their order and runs the statement to its end. GRDB's arguments are boxed, kept and bound in three
    /// passes, which for a row of twenty columns takes as long as to insert it.
    @inline(__always)
    func run<each Value: Bindable>(_ values: repeat each Value) throws {
        sqlite3_reset(sqliteStatement)
        var place: CInt = 0
        for value in repeat each values {
            place += 1
            let code = value.bind(to: sqliteStatement, at: place)
            guard code == SQLITE_OK else { throw DatabaseError(resultCode: ResultCode(rawValue: code)) }
        }
        try execute()
    }
}

/// What a hot statement takes.
protocol Bindable {
    /// Answers SQLite's code.
    func bind(to statement: SQLiteStatement, at place: CInt) -> CInt
}

extension Int64: Bindable {
    func bind(to statement: SQLiteStatement, at place: CInt) -> CInt { sqlite3_bind_int64(statement, place, self) }
}

extension Int32: Bindable {
    func bind(to statement: SQLiteStatement, at place: CInt) -> CInt { sqlite3_bind_int(statement, place, self) }
}

extension UInt32: Bindable {
    func bind(to statement: SQLiteStatement, at place: CInt) -> CInt { Int64(self).bind(to: statement, at: place) }
}

extension Bool: Bindable {
    func bind(to statement: SQLiteStatement, at place: CInt) -> CInt {
        Int32(self ? 1 : 0).bind(to: statement, at: place)
    }
}

extension String: Bindable {
    /// SQLITE_TRANSIENT, which the importer cannot read: SQLite copies what it is given.
    private static let copied = unsafeBitCast(-1, to: sqlite3_destructor_type.self)

    func bind(to statement: SQLiteStatement, at place: CInt) -> CInt {
        var text = self
        return text.withUTF8 { utf8 in
            // Nowhere is NULL for SQLite, and the text of no bytes is not.
            guard let start = utf8.baseAddress else { return sqlite3_bind_text(statement, place, "", 0, Self.copied) }
            return UnsafeRawPointer(start).withMemoryRebound(to: CChar.self, capacity: utf8.count) {
                sqlite3_bind_text(statement, place, $0, CInt(utf8.count), Self.copied)
            }
        }
    }
}

extension Optional: Bindable where Wrapped: Bindable {
    func bind(to statement: SQLiteStatement, at place: CInt) -> CInt {
        switch self {
        case .some(let value): value.bind(to: statement, at: place)
        case .none: sqlite3_bind_null(statement, place)
        }
    }
}
