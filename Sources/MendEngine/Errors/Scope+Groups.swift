import GRDB
import MendProtocol

/// A group to which a report was counted.
struct CountedGroup {
    let id: Int64
    /// This report included.
    let occurrences: Int64
    /// Its reports in this minute, this one included.
    let inMinute: Int64
    /// Whether it had been resolved, and is back.
    var isRegression = false
    /// Whether no event is to tell of it.
    var isMuted = false
    /// Whether this hour there are far more of it than there used to be, since this report.
    var escalates = false
}

extension Scope {
    /// Counts a report to its group, which is made where it is the first.
    func count(_ error: NewError) throws -> CountedGroup {
        if let known = try knownGroup(of: error), let group = try countAgain(known) { return group }
        return try newGroup(of: error)
    }

    /// Counts a report to a group that is there.
    func countAgain(_ group: Int64) throws -> CountedGroup? {
        guard let (id, tally) = try engine.groupTallies[group].map({ (group, $0) }) ?? storedTally(of: group) else {
            return nil
        }
        var count = tally
        count.add(now: now)
        engine.groupTallies.change(count, of: id)
        let standing = count.standing
        var group = CountedGroup(id: id, occurrences: count.occurrences, inMinute: count.inMinute)
        group.isRegression = standing.resolvedAt != nil
        group.isMuted = standing.isMuted(occurrences: group.occurrences, now: now)
        group.escalates =
            standing.escalatedHour != now.hour
            && GroupStanding.escalates(
                inHour: count.inHour, occurrences: group.occurrences, firstSeenAt: count.firstSeenAt, now: now)
        if group.isRegression || group.escalates || (standing.mutedAt != nil && !group.isMuted) {
            try turn(standing, of: group)
        }
        return group
    }

    /// A group as it stands, with no report counted to it.
    func countedGroup(_ group: Int64) throws -> CountedGroup? {
        try (engine.groupTallies[group].map { (group, $0) } ?? storedTally(of: group)).map { id, tally in
            CountedGroup(id: id, occurrences: tally.occurrences, inMinute: tally.inMinute)
        }
    }

    /// Of a group, or of the one that it was merged into, which the miner of its service need not have heard of.
    private func storedTally(of group: Int64) throws -> (Int64, GroupTally)? {
        let statement = try db.cachedStatement(
            sql: """
                SELECT occurrences, first_seen_at, last_seen_at, minute, in_minute, hour, in_hour, resolved_at,
                    regressed_at, muted_at, muted_until, muted_occurrences, escalated_hour, id
                FROM error_groups WHERE id = (SELECT coalesce(merged_into, id) FROM error_groups WHERE id = ?)
                """)
        guard let row = try Row.fetchOne(statement, arguments: [group]) else { return nil }
        let id: Int64 = row[13]
        if let known = engine.groupTallies[id] { return (id, known) }
        let tally = GroupTally(
            occurrences: row[0], firstSeenAt: row[1], lastSeenAt: row[2], minute: row[3], inMinute: row[4],
            hour: row[5], inHour: row[6],
            standing: GroupStanding(
                resolvedAt: row[7], regressedAt: row[8], mutedAt: row[9], mutedUntil: row[10],
                mutedOccurrences: row[11], escalatedHour: row[12]))
        return (id, tally)
    }

    /// Writes down that a group is back, escalates, or is no longer muted.
    private func turn(_ standing: GroupStanding, of group: CountedGroup) throws {
        var standing = standing
        if group.isRegression { (standing.resolvedAt, standing.regressedAt) = (nil, now.wallMs) }
        if group.escalates { standing.escalatedHour = now.hour }
        if !group.isMuted { (standing.mutedAt, standing.mutedUntil, standing.mutedOccurrences) = (nil, nil, nil) }
        _ = try say(standing, of: group.id)
    }

    /// Makes a group of a report.
    ///
    /// - Parameter template: nothing where the fingerprint is the report's own.
    func insert(
        _ error: NewError, as id: Int64, template: String? = nil, space: String? = nil
    ) throws -> CountedGroup {
        let fingerprint =
            switch error.fingerprint.kind {
            case .explicit(let text): text
            case .mined(let space): Fingerprint.text(service: error.service, space: space, template: template ?? "")
            }
        let statement = try db.cachedStatement(
            sql: """
                INSERT INTO error_groups
                    (id, fingerprint, service, title, occurrences, first_seen_at, last_seen_at, minute, in_minute,
                     hour, in_hour, template, space)
                VALUES (?1, ?2, ?3, ?4, 1, ?5, ?5, ?6, 1, ?7, 1, ?8, ?9)
                """)
        statement.setUncheckedArguments([
            id, fingerprint, error.service, error.title, now.wallMs, now.minute, now.hour, template, space,
        ])
        try statement.execute()
        engine.counters.errorGroup = id
        return CountedGroup(id: id, occurrences: 1, inMinute: 1)
    }

    /// The newest report of a group that is still there.
    func newestReport(of group: Int64) throws -> Int64? {
        try Int64.fetchOne(
            db.cachedStatement(sql: "SELECT max(id) FROM errors WHERE error_group = ?"), arguments: [group])
    }

    /// Tells of a problem that was reported for the first time.
    func journalNew(_ group: CountedGroup, _ error: NewError, id: Int64) throws {
        try journal(.groupNew, "\(error.service): \(error.title)", group, error, id)
    }

    /// Tells that a problem is back, or that there is far more of it than there used to be.
    func journalTurns(_ group: CountedGroup, _ error: NewError, id: Int64) throws {
        guard group.isRegression || group.escalates, !group.isMuted else { return }
        let what = "\(error.service): \(ErrorLimits.head(of: error.title, maxBytes: MessageTemplate.maxBytes))"
        if group.isRegression { try journal(.groupRegressed, "it is back: \(what)", group, error, id) }
        if group.escalates { try journal(.groupEscalating, "it is more than it used to be: \(what)", group, error, id) }
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

// MARK: - Forgetting

extension Scope {
    /// Forgets a group without reports, and those that were merged into it.
    func forgetGroup(ifWithoutReports group: Int64) throws {
        try settleGroupTallies()
        let statement = try db.cachedStatement(
            sql: """
                DELETE FROM error_groups
                WHERE id = ?1 AND merged_into IS NULL AND NOT EXISTS (SELECT 1 FROM errors WHERE error_group = ?1)
                    AND NOT EXISTS (
                        SELECT 1 FROM error_groups AS merged JOIN errors ON errors.error_group = merged.id
                        WHERE merged.merged_into = ?1)
                RETURNING service
                """)
        guard let service = try String.fetchOne(statement, arguments: [group]) else { return }
        try db.cachedStatement(sql: "DELETE FROM error_groups WHERE merged_into = ?").execute(arguments: [group])
        engine.miners.forget(service)
    }
}
