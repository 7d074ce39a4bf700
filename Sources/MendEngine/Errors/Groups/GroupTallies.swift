import GRDB

/// The groups that were counted last, as their rows are or will be: counts are written once a batch.
struct GroupTallies {
    /// What is beyond is read from the disk when it is needed again.
    private static let most = 2048

    private var counts: [Int64: GroupTally] = [:]
    private var changed: [Int64] = []

    subscript(group: Int64) -> GroupTally? { counts[group] }

    mutating func change(_ count: GroupTally, of group: Int64) {
        var count = count
        if !count.isChanged { changed.append(group) }
        count.isChanged = true
        counts[group] = count
    }

    /// - Returns: whether there was anything to write.
    mutating func write(_ statement: () throws -> Statement) throws -> Bool {
        guard !changed.isEmpty else { return false }
        let statement = try statement()
        for group in changed {
            guard let count = counts[group] else { continue }
            try statement.run(
                count.occurrences, count.lastSeenAt, count.minute, count.inMinute, count.hour, count.inHour, group)
            counts[group]?.isChanged = false
        }
        changed.removeAll(keepingCapacity: true)
        if counts.count > Self.most { counts.removeAll() }
        return true
    }
}

extension Engine {
    private static let updateCount = HotSQL(
        """
        UPDATE error_groups
        SET occurrences = ?, last_seen_at = ?, minute = ?, in_minute = ?, hour = ?, in_hour = ? WHERE id = ?
        """)

    /// - Returns: whether there was anything to write.
    func writeGroupTallies(_ db: Database) throws -> Bool {
        try groupTallies.write { try statements.statement(Self.updateCount, in: db) }
    }
}

extension Scope {
    /// Before groups are read or changed in another way than by a report: has their rows say what is known.
    func settleGroupTallies() throws {
        _ = try engine.writeGroupTallies(db)
        engine.groupTallies = GroupTallies()
    }
}

/// How often a group was reported.
struct GroupTally {
    var occurrences: Int64
    let firstSeenAt: Int64
    var lastSeenAt: Int64
    /// The minute of its last report, and its reports in it.
    var minute: Int64
    var inMinute: Int64
    /// The hour of its last report, and its reports in it.
    var hour: Int64
    var inHour: Int64
    let standing: GroupStanding
    /// Whether its row does not say this yet.
    var isChanged = false

    mutating func add(now: Moment) {
        occurrences += 1
        lastSeenAt = now.wallMs
        inMinute = minute == now.minute ? inMinute + 1 : 1
        minute = now.minute
        inHour = hour == now.hour ? inHour + 1 : 1
        hour = now.hour
    }
}
