import GRDB
import MendProtocol
import MendRules

extension Engine {
    /// Counts a report, stored or not. It is written with the batch.
    func count(_ error: NewError, group: Int64) {
        reportTally.add(
            ReportKey(
                group: group, service: error.service, category: error.classified.category,
                severity: error.classified.severity, code: error.code ?? ""))
    }

    private static let addToMinute = HotSQL(
        """
        INSERT INTO report_minutes (minute, key, count) VALUES (?, ?, ?)
        ON CONFLICT (minute, key) DO UPDATE SET count = count + excluded.count
        """)

    /// Writes the batch's reports, one row for each key, and how things ended once a minute.
    func flushStatistics(_ db: Database, now: Moment) throws {
        try outcomeTally.write(db, minute: now.wallMinute, rolledHour: { try self.rolledHour(db) }, breakers)
        guard !reportTally.isEmpty else { return }
        let addToMinute = try statements.statement(Self.addToMinute, in: db)
        // After the clock was set back an hour is counted that has its row already.
        let isRolled = try now.wallHour < rolledHour(db)
        for (key, count) in reportTally.counts {
            let row = try statisticKeys.row(for: key, db, now: now, bounds: settings.statisticKeys)
            try addToMinute.run(now.wallMinute, row, count)
            if isRolled { try addToHour(now.wallHour, row, count, db) }
        }
        reportTally = ReportTally()
    }

    /// The first hour that is not in the tables of hours yet.
    func rolledHour(_ db: Database) throws -> Int64 {
        if let rolledHour { return rolledHour }
        let hour = try Int64.fetchOne(db.cachedStatement(sql: "SELECT rolled_hour FROM statistics")) ?? .min
        rolledHour = hour
        return hour
    }

    func addToHour(_ hour: Int64, _ key: Int64, _ count: Int64, _ db: Database) throws {
        try db.cachedStatement(
            sql: """
                INSERT INTO report_hours (hour, key, count) VALUES (?, ?, ?)
                ON CONFLICT (hour, key) DO UPDATE SET count = count + excluded.count
                """
        ).execute(arguments: [hour, key, count])
    }
}
