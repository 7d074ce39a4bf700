import GRDB
import MendProtocol

extension Scope {
    /// Sums the minutes of an hour that is over, packs them, or forgets a little of what is too old; answers whether there may be more.
    func keepStatistics() throws -> Bool {
        if try rollUp() || packHour() { return true }
        // A minute that is not in its hour yet is not forgotten.
        let oldestMinute = try min(
            now.wallMinute - engine.settings.statisticMinutesMs / 60_000, engine.rolledHour(db) * 60)
        let oldestHour = now.wallHour - engine.settings.statisticHoursMs / 3_600_000
        var isMore = false
        for (sql, oldest) in [(Self.oldReportMinute, oldestMinute), (Self.oldOutcomeMinute, oldestMinute)]
            + [(Self.oldReportHour, oldestHour), (Self.oldOutcomeHour, oldestHour)]
        {
            try db.cachedStatement(sql: sql).execute(arguments: [oldest])
            if db.changesCount > 0 { isMore = true }
        }
        return try isMore || forgetKeys(before: oldestHour)
    }

    // One minute or hour at a time: what they hold is bounded.
    private static let oldReportMinute = """
        DELETE FROM report_minutes WHERE minute = (SELECT min(minute) FROM report_minutes WHERE minute < ?)
        """
    private static let oldOutcomeMinute = """
        DELETE FROM outcome_minutes WHERE minute = (SELECT min(minute) FROM outcome_minutes WHERE minute < ?)
        """
    private static let oldReportHour = """
        DELETE FROM packed_report_hours WHERE hour = (SELECT min(hour) FROM packed_report_hours WHERE hour < ?)
        """
    private static let oldOutcomeHour = """
        DELETE FROM outcome_hours WHERE hour = (SELECT min(hour) FROM outcome_hours WHERE hour < ?)
        """

    private func forgetKeys(before hour: Int64) throws -> Bool {
        try db.cachedStatement(
            sql: """
                DELETE FROM report_keys
                WHERE id IN (SELECT id FROM report_keys WHERE last_hour < ? ORDER BY last_hour LIMIT ?)
                """
        ).execute(arguments: [hour, Self.dueLimit])
        if db.changesCount > 0 { engine.statisticKeys.forget() }
        return db.changesCount == Self.dueLimit
    }

    /// Writes the row of the next hour that is over; answers whether there was one.
    private func rollUp() throws -> Bool {
        let rolled = try engine.rolledHour(db)
        guard rolled != .min else {
            try noteRolled(before: now.wallHour)
            return false
        }
        guard rolled < now.wallHour else { return false }
        let next = try Int64.fetchOne(
            db.cachedStatement(
                sql: """
                    SELECT min(minute) FROM (SELECT min(minute) AS minute FROM report_minutes WHERE minute >= ?1
                        UNION ALL SELECT min(minute) FROM outcome_minutes WHERE minute >= ?1)
                    """),
            arguments: [rolled * 60])
        guard let hour = next.map({ $0 / 60 }), hour < now.wallHour else {
            try noteRolled(before: now.wallHour)
            return false
        }
        try rollUpReports(of: hour)
        try db.cachedStatement(
            sql: """
                INSERT INTO outcome_hours
                    SELECT minute / 60, kind, name, sum(count) FROM outcome_minutes WHERE minute BETWEEN ? AND ?
                    GROUP BY kind, name
                """
        ).execute(arguments: [hour * 60, hour * 60 + 59])
        try noteRolled(before: hour + 1)
        return true
    }

    /// Beyond the bound of an hour, the keys with the fewest reports are counted together.
    private func rollUpReports(of hour: Int64) throws {
        let rows = try Row.fetchAll(
            db.cachedStatement(
                sql: """
                    SELECT m.key, sum(m.count) AS reports, k.error_group, k.service, k.category, k.severity, k.code
                    FROM report_minutes m JOIN report_keys k ON k.id = m.key
                    WHERE m.minute BETWEEN ? AND ? GROUP BY m.key ORDER BY k.error_group <= 0 DESC, reports DESC, m.key
                    """),
            arguments: [hour * 60, hour * 60 + 59])
        let bounds = engine.settings.statisticKeys
        for (place, row) in rows.enumerated() {
            var key: Int64 = row[0]
            if place >= bounds.hour {
                let wider = try ReportKey(row, at: 2).wider
                let lumped = try engine.statisticKeys.id(of: wider[1], 1, db, hour: now.wallHour, bounds: bounds)
                key =
                    try lumped
                    ?? engine.statisticKeys.id(of: wider[2], 2, db, hour: now.wallHour, bounds: bounds) ?? key
            }
            try engine.addToHour(hour, key, row[1], db)
        }
    }

    private func noteRolled(before hour: Int64) throws {
        try db.cachedStatement(
            sql: "UPDATE statistics SET rolled_hour = ?, began_hour = coalesce(began_hour, ?)"
        ).execute(arguments: [hour, hour])
        engine.rolledHour = hour
    }
}

extension ReportKey {
    /// Group, service, category, severity and code, from a column on.
    init(_ row: Row, at index: Int) throws {
        group = row[index]
        service = row[index + 1]
        guard let category = Category(rawValue: row[index + 2]), let severity = Severity(rawValue: row[index + 3])
        else {
            throw DatabaseError(resultCode: .SQLITE_CORRUPT, message: "a key of reports is of no kind")
        }
        self.category = category
        self.severity = severity
        code = row[index + 4]
    }
}
