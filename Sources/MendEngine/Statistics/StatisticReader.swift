import GRDB
import GRDBSQLite
import MendProtocol

/// What was counted, read by hours where they are summed and by minutes where not.
struct StatisticReader {
    private let db: Database
    private let rolledHour: Int64
    /// Since when anything is counted, in Unix milliseconds.
    let began: Int64
    /// Those that are wanted.
    let keys: [ReportKey]
    /// Where each of them is, by its id less the lowest; -1 for what is not wanted. They are bounded, and so is this.
    private let places: [Int32]
    private let lowestID: Int64

    init(_ db: Database, where isWanted: (ReportKey) -> Bool) throws {
        self.db = db
        let row = try Row.fetchOne(db.cachedStatement(sql: "SELECT rolled_hour, began_hour FROM statistics"))
        rolledHour = row?[0] as Int64? ?? 0
        began = (row?[1] as Int64? ?? rolledHour) * 3_600_000
        var (keys, ids): ([ReportKey], [Int64]) = ([], [])
        let rows = try Row.fetchCursor(
            // A group that was merged is counted to the one that it is in now, and after a split by itself again.
            db.cachedStatement(
                sql: """
                    SELECT id, coalesce(
                        (SELECT merged_into FROM error_groups WHERE error_groups.id = error_group), error_group),
                        service, category, severity, code
                    FROM report_keys ORDER BY id
                    """))
        while let row = try rows.next() {
            let key = try ReportKey(row, at: 1)
            guard isWanted(key) else { continue }
            keys.append(key)
            ids.append(row[0])
        }
        self.keys = keys
        lowestID = ids.first ?? 0
        var places = [Int32](repeating: -1, count: min(Int((ids.last ?? -1) - lowestID) + 1, Self.idsAtMost))
        for (place, id) in ids.enumerated() where id - lowestID < places.count {
            places[Int(id - lowestID)] = Int32(place)
        }
        self.places = places
    }

    /// Ids are given anew once their keys are forgotten, but may have run far ahead of those that are left.
    private static let idsAtMost = 10_000_000

    /// Answers the time, the place of the key and the count of each row in a span of whole minutes; of whole hours where
    /// `byHours`.
    func reports(
        from since: Int64, until: Int64, byHours: Bool, _ body: (_ at: Int64, _ key: Int, _ count: Int64) -> Void
    ) throws {
        let split = byHours ? min(max(since, rolledHour * 3_600_000), until) : since
        if since < split {
            try eachPacked(since, split, body)
            try each(Self.reportHours, 3_600_000, since, split, body)
        }
        try each(Self.reportMinutes, 60_000, split, until, body)
    }

    private static let reportHours = "SELECT hour, key, count FROM report_hours WHERE hour >= ? AND hour < ?"
    private static let packedHours =
        "SELECT hour, counts FROM packed_report_hours WHERE hour >= ? AND hour < ?"
    private static let reportMinutes = "SELECT minute, key, count FROM report_minutes WHERE minute >= ? AND minute < ?"

    /// There may be hundreds of thousands of rows, which are read without a value made of each.
    private func each(
        _ sql: String, _ unit: Int64, _ since: Int64, _ until: Int64, _ body: (Int64, Int, Int64) -> Void
    ) throws {
        let statement = try db.cachedStatement(sql: sql)
        statement.setUncheckedArguments([since / unit, (until + unit - 1) / unit])
        try statement.eachRow { row in
            guard let place = place(of: sqlite3_column_int64(row, 1)) else { return }
            body(sqlite3_column_int64(row, 0) * unit, place, sqlite3_column_int64(row, 2))
        }
    }

    private func eachPacked(_ since: Int64, _ until: Int64, _ body: (Int64, Int, Int64) -> Void) throws {
        let statement = try db.cachedStatement(sql: Self.packedHours)
        statement.setUncheckedArguments([since / 3_600_000, (until + 3_599_999) / 3_600_000])
        try statement.eachRow { row in
            let at = sqlite3_column_int64(row, 0) * 3_600_000
            try PackedCounts.each(row, column: 1) { key, count in
                if let place = place(of: key) { body(at, place, count) }
            }
        }
    }

    /// Nothing for a key that is not wanted.
    private func place(of key: Int64) -> Int? {
        let index = Int(key - lowestID)
        guard places.indices.contains(index), places[index] >= 0 else { return nil }
        return Int(places[index])
    }

    /// How things ended in a span of time.
    func outcomes(from since: Int64, until: Int64, byHours: Bool) throws -> [OutcomeKey: Int64] {
        let split = byHours ? min(max(since, rolledHour * 3_600_000), until) : since
        var counts: [OutcomeKey: Int64] = [:]
        for (sql, unit, first, end) in [
            (Self.outcomeHours, Int64(3_600_000), since, split), (Self.outcomeMinutes, 60_000, split, until),
        ] where first < end {
            let rows = try Row.fetchCursor(
                db.cachedStatement(sql: sql), arguments: [first / unit, (end + unit - 1) / unit])
            while let row = try rows.next() {
                guard let kind = OutcomeKind(rawValue: row[0]) else { continue }
                counts[OutcomeKey(kind: kind, name: row[1]), default: 0] += row[2]
            }
        }
        return counts
    }

    private static let outcomeHours = """
        SELECT kind, name, sum(count) FROM outcome_hours WHERE hour >= ? AND hour < ? GROUP BY kind, name
        """
    private static let outcomeMinutes = """
        SELECT kind, name, sum(count) FROM outcome_minutes WHERE minute >= ? AND minute < ? GROUP BY kind, name
        """
}
