import GRDB
import GRDBSQLite
import MendProtocol

/// The counts of an hour by their keys as one text, which is read in a tenth of the time that rows take: for each key, the
/// lowest first, how far it is from the one before it, and its count.
enum PackedCounts {
    static func text(_ counts: [Int64: Int64]) -> String {
        var text = ""
        var last: Int64 = 0
        for (key, count) in counts.sorted(by: { $0.key < $1.key }) {
            text += "\(key - last) \(count) "
            last = key
        }
        return text
    }

    /// Reads a column of the row that a statement stands at.
    ///
    /// - Throws: where it is not such a text.
    static func each(
        _ row: SQLiteStatement, column: Int32, _ body: (_ key: Int64, _ count: Int64) -> Void
    ) throws {
        let bytes = UnsafeBufferPointer(
            start: sqlite3_column_text(row, column), count: Int(sqlite3_column_bytes(row, column)))
        var (key, number, isKey): (Int64, Int64, Bool) = (0, 0, true)
        for byte in bytes {
            let digit = byte &- UInt8(ascii: "0")
            if digit < 10 {
                number = number &* 10 &+ Int64(digit)
                continue
            }
            guard byte == UInt8(ascii: " ") else { throw notCounts }
            if isKey { key &+= number } else { body(key, number) }
            (number, isKey) = (0, !isKey)
        }
        guard isKey, bytes.last ?? UInt8(ascii: " ") == UInt8(ascii: " ") else { throw notCounts }
    }

    private static var notCounts: DatabaseError {
        DatabaseError(resultCode: .SQLITE_CORRUPT, message: "what stands for the counts of an hour is something else")
    }
}

extension Scope {
    /// Puts what an hour has in rows to what it has as one text; answers whether there was such an hour.
    func packHour() throws -> Bool {
        guard let hour = try Int64.fetchOne(db.cachedStatement(sql: "SELECT min(hour) FROM report_hours")) else {
            return false
        }
        var counts: [Int64: Int64] = [:]
        let packed = try db.cachedStatement(sql: "SELECT counts FROM packed_report_hours WHERE hour = ?")
        packed.setUncheckedArguments([hour])
        try packed.eachRow { row in
            try PackedCounts.each(row, column: 0) { counts[$0, default: 0] += $1 }
        }
        let rows = try Row.fetchCursor(
            db.cachedStatement(sql: "SELECT key, count FROM report_hours WHERE hour = ?"), arguments: [hour])
        while let row = try rows.next() { counts[row[0], default: 0] += row[1] as Int64 }
        try db.cachedStatement(sql: "INSERT OR REPLACE INTO packed_report_hours (hour, counts) VALUES (?, ?)")
            .execute(arguments: [hour, PackedCounts.text(counts)])
        try db.cachedStatement(sql: "DELETE FROM report_hours WHERE hour = ?").execute(arguments: [hour])
        return true
    }
}

extension Statement {
    /// Goes through the rows without making a value of each.
    func eachRow(_ body: (SQLiteStatement) throws -> Void) throws {
        let row = sqliteStatement
        sqlite3_reset(row)
        defer { sqlite3_reset(row) }
        while true {
            let code = sqlite3_step(row)
            if code == SQLITE_DONE { return }
            guard code == SQLITE_ROW else { throw DatabaseError(resultCode: ResultCode(rawValue: code)) }
            try body(row)
        }
    }
}
