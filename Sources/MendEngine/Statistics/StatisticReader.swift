import GRDB
import MendProtocol

/// What was counted, read by hours where they are summed and by minutes where not.
struct StatisticReader {
    private let db: Database
    private let rolledHour: Int64
    /// Since when anything is counted, in Unix milliseconds.
    let began: Int64
    let keys: [Int64: ReportKey]

    init(_ db: Database, where isWanted: (ReportKey) -> Bool) throws {
        self.db = db
        let row = try Row.fetchOne(db.cachedStatement(sql: "SELECT rolled_hour, began_hour FROM statistics"))
        rolledHour = row?[0] as Int64? ?? 0
        began = (row?[1] as Int64? ?? rolledHour) * 3_600_000
        var keys: [Int64: ReportKey] = [:]
        let rows = try Row.fetchCursor(
            // A group that was merged is counted to the one that it is in now, and after a split by itself again.
            db.cachedStatement(
                sql: """
                    SELECT id, coalesce(
                        (SELECT merged_into FROM error_groups WHERE error_groups.id = error_group), error_group),
                        service, category, severity, code
                    FROM report_keys
                    """))
        while let row = try rows.next() {
            let key = try ReportKey(row, at: 1)
            if isWanted(key) { keys[row[0]] = key }
        }
        self.keys = keys
    }

    /// Answers the time, key and count of each row in a span of whole minutes; of whole hours where `byHours`.
    func reports(
        from since: Int64, until: Int64, byHours: Bool, _ body: (_ at: Int64, _ key: Int64, _ count: Int64) -> Void
    ) throws {
        let split = byHours ? min(max(since, rolledHour * 3_600_000), until) : since
        if since < split {
            try each(Self.reportHours, 3_600_000, since, split, body)
        }
        try each(Self.reportMinutes, 60_000, split, until, body)
    }

    private static let reportHours = "SELECT hour, key, count FROM report_hours WHERE hour >= ? AND hour < ?"
    private static let reportMinutes = "SELECT minute, key, count FROM report_minutes WHERE minute >= ? AND minute < ?"

    private func each(
        _ sql: String, _ unit: Int64, _ since: Int64, _ until: Int64, _ body: (Int64, Int64, Int64) -> Void
    ) throws {
        let rows = try Row.fetchCursor(
            db.cachedStatement(sql: sql), arguments: [since / unit, (until + unit - 1) / unit])
        while let row = try rows.next() { body(row[0] * unit, row[1], row[2]) }
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
