import GRDB
import MendProtocol

/// The rows of `report_keys` that are in use, in memory. It is forgotten with every transaction that is taken back.
final class StatisticKeys {
    private static let cachedAtMost = 4_096

    private var known: [ReportKey: (id: Int64, hour: Int64)] = [:]
    /// How many rows there are; nothing where that has to be asked.
    private var count: Int?
    /// The keys of the minute that is being written.
    private var minute: (number: Int64, keys: Set<Int64>)?

    func forget() {
        known.removeAll(keepingCapacity: true)
        count = nil
        minute = nil
    }

    /// The row under which a key's reports of this minute are counted; a wider one where there are too many.
    func row(for key: ReportKey, _ db: Database, now: Moment, bounds: KeyBounds) throws -> Int64 {
        var seen = try keys(ofMinute: now.wallMinute, db)
        for (place, candidate) in key.wider.enumerated() {
            guard let id = try id(of: candidate, place, db, hour: now.wallHour, bounds: bounds) else { continue }
            guard seen.contains(id) || bounds.allowsNew(place, known: seen.count, in: bounds.minute) else { continue }
            if seen.insert(id).inserted { minute?.keys.insert(id) }
            return id
        }
        throw DatabaseError(resultCode: .SQLITE_INTERNAL, message: "no key takes a report")
    }

    /// - Returns: nothing where it would be one too many.
    func id(of key: ReportKey, _ place: Int, _ db: Database, hour: Int64, bounds: KeyBounds) throws -> Int64? {
        if let cached = known[key] {
            if cached.hour < hour { try touch(cached.id, key, db, hour: hour) }
            return cached.id
        }
        let found = try Row.fetchOne(
            db.cachedStatement(
                sql: """
                    SELECT id, last_hour FROM report_keys
                    WHERE error_group = ? AND service = ? AND category = ? AND severity = ? AND code = ?
                    """),
            arguments: [key.group, key.service, key.category.rawValue, key.severity.rawValue, key.code])
        if let found {
            let (id, lastHour): (Int64, Int64) = (found[0], found[1])
            remember(key, id, hour: lastHour)
            if lastHour < hour { try touch(id, key, db, hour: hour) }
            return id
        }
        let rows = try count ?? Int.fetchOne(db.cachedStatement(sql: "SELECT count(*) FROM report_keys")) ?? 0
        count = rows
        guard bounds.allowsNew(place, known: rows, in: bounds.all) else { return nil }
        try db.cachedStatement(
            sql: """
                INSERT INTO report_keys (error_group, service, category, severity, code, last_hour)
                VALUES (?, ?, ?, ?, ?, ?)
                """
        ).execute(arguments: [
            key.group, key.service, key.category.rawValue, key.severity.rawValue, key.code, hour,
        ])
        count = rows + 1
        remember(key, db.lastInsertedRowID, hour: hour)
        return db.lastInsertedRowID
    }

    /// Once an hour, so that what is still counted is not forgotten.
    private func touch(_ id: Int64, _ key: ReportKey, _ db: Database, hour: Int64) throws {
        try db.cachedStatement(sql: "UPDATE report_keys SET last_hour = ? WHERE id = ?").execute(arguments: [hour, id])
        remember(key, id, hour: hour)
    }

    private func remember(_ key: ReportKey, _ id: Int64, hour: Int64) {
        if known.count >= Self.cachedAtMost { known.removeAll(keepingCapacity: true) }
        known[key] = (id, hour)
    }

    private func keys(ofMinute number: Int64, _ db: Database) throws -> Set<Int64> {
        if let minute, minute.number == number { return minute.keys }
        let keys = try Int64.fetchSet(
            db.cachedStatement(sql: "SELECT key FROM report_minutes WHERE minute = ?"), arguments: [number])
        minute = (number, keys)
        return keys
    }
}
