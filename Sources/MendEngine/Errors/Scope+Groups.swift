import GRDB
import MendProtocol

/// A group to which a report was counted.
struct CountedGroup {
    let id: Int64
    /// This report included.
    let occurrences: Int64
    /// Its reports in this minute, this one included.
    let inMinute: Int64
}

extension Scope {
    /// Counts a report to its group, which is made where it is the first.
    func count(_ error: NewError) throws -> CountedGroup {
        let fresh = engine.counters.errorGroup + 1
        let statement = try db.cachedStatement(
            sql: """
                INSERT INTO error_groups
                    (id, fingerprint, service, title, occurrences, first_seen_at, last_seen_at, minute, in_minute)
                VALUES (?, ?, ?, ?, 1, ?, ?, ?, 1)
                ON CONFLICT (fingerprint) DO UPDATE
                    SET occurrences = occurrences + 1, last_seen_at = excluded.last_seen_at,
                        in_minute = CASE WHEN minute = excluded.minute THEN in_minute + 1 ELSE 1 END,
                        minute = excluded.minute
                RETURNING id, occurrences, in_minute
                """)
        statement.setUncheckedArguments([
            fresh, error.fingerprint.text, error.service, error.fingerprint.title, now.wallMs, now.wallMs, now.minute,
        ])
        guard let row = try Row.fetchOne(statement) else {
            throw DatabaseError(resultCode: .SQLITE_INTERNAL, message: "a group was written and did not come back")
        }
        let group = CountedGroup(id: row[0], occurrences: row[1], inMinute: row[2])
        if group.id == fresh { engine.counters.errorGroup = fresh }
        return group
    }

    /// Whether there is such a group.
    func isKnown(_ fingerprint: Fingerprint) throws -> Bool {
        try Row.fetchOne(
            db.cachedStatement(sql: "SELECT 1 FROM error_groups WHERE fingerprint = ?"), arguments: [fingerprint.text])
            != nil
    }

    /// The newest report of a group that is still there.
    func newestReport(of group: Int64) throws -> Int64? {
        try Int64.fetchOne(
            db.cachedStatement(sql: "SELECT max(id) FROM errors WHERE error_group = ?"), arguments: [group])
    }

    /// Tells of a problem that was reported for the first time.
    func journalNew(_ group: CountedGroup, _ error: NewError, id: Int64) throws {
        try journal(.groupNew, "\(error.service): \(error.fingerprint.title)", group, error, id)
    }

    /// Tells, once a minute, that the group's reports are only counted from here.
    func journalSampled(_ group: CountedGroup, _ error: NewError, id: Int64) throws {
        let most = engine.settings.groupReportsPerMinute
        try journal(
            .reportsSampled, "more than \(most) reports in a minute: the rest is only counted", group, error, id)
    }

    /// Tells, once a minute, that the user's reports are only counted from here.
    func journalSampled(by caller: Caller) throws {
        let most = engine.settings.userReportsPerMinute
        var event = NewEvent(
            .reportsSampled, "user \(caller.uid) has sent \(most) reports in a minute: the rest is only counted")
        event.caller = caller
        try journal(event)
    }

    private func journal(
        _ kind: EventKind, _ message: String, _ group: CountedGroup, _ error: NewError, _ id: Int64
    ) throws {
        var event = NewEvent(kind, message)
        event.group = group.id
        event.error = id
        event.correlation = error.correlation
        event.caller = error.caller
        try journal(event)
    }
}
