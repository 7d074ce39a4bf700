import GRDB
import MendProtocol

extension Engine {
    /// Writes what the batch's reports are found by: their words, all at once, and the minute in which they came.
    func flushHistory(_ db: Database, now: Moment) throws {
        guard counters.error > indexedError else { return }
        try db.cachedStatement(
            sql: """
                INSERT INTO errors_text (rowid, message, service, code, type)
                SELECT id, message, service, code, type FROM errors WHERE id > ? AND id <= ?
                """
        ).execute(arguments: [indexedError, counters.error])
        let last =
            try spanMinute
            ?? Int64.fetchOne(
                db.cachedStatement(sql: "SELECT minute FROM report_spans ORDER BY first DESC LIMIT 1"))
        if last != now.wallMinute {
            try db.cachedStatement(sql: "INSERT INTO report_spans (first, minute) VALUES (?, ?)")
                .execute(arguments: [indexedError + 1, now.wallMinute])
        }
        spanMinute = now.wallMinute
        indexedError = counters.error
    }
}

/// What of a report is in the index of words, as it must be told again when it is taken out.
enum IndexedError {
    /// Of a row that is deleted; its group comes first.
    static let columns = "error_group, id, message, service, code, type"

    static func takeBack(_ row: Row, _ db: Database) throws {
        try db.cachedStatement(
            sql: """
                INSERT INTO errors_text (errors_text, rowid, message, service, code, type)
                VALUES ('delete', ?, ?, ?, ?, ?)
                """
        ).execute(arguments: [
            row[1] as Int64, row[2] as String, row[3] as String, row[4] as String?, row[5] as String?,
        ])
    }
}
