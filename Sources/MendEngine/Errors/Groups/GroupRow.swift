import GRDB
import MendProtocol

/// A group as it is stored.
struct GroupRow {
    let id: Int64
    let service: String
    let title: String
    let occurrences: Int64
    let firstSeenAt: Int64
    let lastSeenAt: Int64
    /// For people: what varies is `<*>`.
    let template: String?
    let space: String?
    let mergedInto: Int64?
    let parent: Int64?
    let isByHand: Bool
    let standing: GroupStanding

    /// The columns, in the order in which `init` reads them.
    static let columns = """
        id, service, title, occurrences, first_seen_at, last_seen_at, template, space, merged_into, parent, by_hand,
            resolved_at, regressed_at, muted_at, muted_until, muted_occurrences, escalated_hour
        """

    init(_ row: Row) {
        id = row[0]
        service = row[1]
        title = row[2]
        occurrences = row[3]
        firstSeenAt = row[4]
        lastSeenAt = row[5]
        template = (row[6] as String?).map { [TemplateWord](stored: $0).map(\.text).joined(separator: " ") }
        space = row[7]
        mergedInto = row[8]
        parent = row[9]
        isByHand = row[10]
        standing = GroupStanding(
            resolvedAt: row[11], regressedAt: row[12], mutedAt: row[13], mutedUntil: row[14],
            mutedOccurrences: row[15], escalatedHour: row[16])
    }

    static func find(_ id: Int64, in db: Database) throws -> GroupRow {
        let statement = try db.cachedStatement(sql: "SELECT \(GroupRow.columns) FROM error_groups WHERE id = ?")
        guard let row = try Row.fetchOne(statement, arguments: [id]) else {
            throw CallError(
                .notFound, "there is no group \(id)", field: "group", hint: "groups are forgotten with their reports")
        }
        return GroupRow(row)
    }

    /// One that is counted by itself.
    static func findTop(_ id: Int64, in db: Database) throws -> GroupRow {
        let group = try find(id, in: db)
        if let other = group.mergedInto {
            throw CallError(
                .conflict, "group \(id) was merged into group \(other)", field: "group",
                hint: "name group \(other), or take this one out of it with group.split")
        }
        return group
    }

    func info(in db: Database, now: Moment) throws -> GroupInfo {
        var info = GroupInfo(
            group: id, service: service, title: title, state: standing.state(occurrences: occurrences, now: now),
            occurrences: occurrences, firstSeenAt: firstSeenAt, lastSeenAt: lastSeenAt)
        info.template = template
        let parts = (space ?? "").split(separator: "\u{1F}", omittingEmptySubsequences: false).map(String.init)
        info.code = parts.first.flatMap { $0.isEmpty ? nil : $0 }
        info.frames = parts.count > 1 && !parts[1].isEmpty ? parts[1] : nil
        info.mergedInto = mergedInto
        info.resolvedAt = standing.resolvedAt
        info.regressedAt = standing.regressedAt
        if info.state == .muted {
            info.mutedUntil = standing.mutedUntil
            info.mutedOccurrences = standing.mutedOccurrences
        }
        let merged = try Int64.fetchAll(
            db.cachedStatement(sql: "SELECT id FROM error_groups WHERE merged_into = ? ORDER BY id LIMIT 100"),
            arguments: [id])
        info.merged = merged.isEmpty ? nil : merged
        info.error = try Int64.fetchOne(
            db.cachedStatement(sql: "SELECT max(id) FROM errors WHERE error_group = ?"), arguments: [id])
        return info
    }
}

/// At the writer, rows are read as they will be after the reports before.
extension Scope {
    func group(_ id: Int64) throws -> GroupRow {
        try settleGroupTallies()
        return try GroupRow.find(id, in: db)
    }

    func topGroup(_ id: Int64) throws -> GroupRow {
        try settleGroupTallies()
        return try GroupRow.findTop(id, in: db)
    }
}
