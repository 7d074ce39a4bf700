import GRDB
import MendProtocol

/// Which group a report belongs to.
extension Scope {
    /// The group of a report, where there is one.
    func knownGroup(of error: NewError) throws -> Int64? {
        switch error.fingerprint.kind {
        case .explicit(let text): try group(withFingerprint: text)
        case .mined(let space): try minedGroup(of: error, in: space)
        }
    }

    private func minedGroup(of error: NewError, in space: String) throws -> Int64? {
        let spaceHash = ShapeHash.of(space.utf8)
        return try withMiner(of: error.service) { miner in
            if let group = miner.group(of: error.shape, in: spaceHash) { return group }
            if miner.asksVersion1, let group = try group(withFingerprint: error.version1) {
                miner.note(TemplateMiner.key(error.shape.hash, in: spaceHash), group)
                return group
            }
            let words = error.shape.words(of: error.message)
            if let group = miner.search(words, in: spaceHash) { return group }
            // One that the miner has forgotten.
            let template = words.stored
            let group = try group(
                withFingerprint: Fingerprint.text(service: error.service, space: space, template: template))
            if let group { miner.note(TemplateMiner.key(error.shape.hash, in: spaceHash), group) }
            return group
        }
    }

    private func group(withFingerprint text: String) throws -> Int64? {
        try Int64.fetchOne(
            db.cachedStatement(sql: "SELECT coalesce(merged_into, id) FROM error_groups WHERE fingerprint = ?"),
            arguments: [text])
    }

    /// Makes the group of a report that has none, unless its template is merged with others because of it.
    func newGroup(of error: NewError) throws -> CountedGroup {
        let fresh = engine.counters.errorGroup + 1
        guard case .mined(let space) = error.fingerprint.kind else { return try insert(error, as: fresh) }
        let words = error.shape.words(of: error.message)
        let engine = engine
        let service = error.service
        engine.onRollback.append { engine.miners.forget(service) }
        let merges = try withMiner(of: service) { $0.add(words, in: ShapeHash.of(space.utf8), group: fresh) }
        var id = fresh
        for merge in merges {
            let groups = merge.groups.filter { $0 != fresh }
            // One merge can lead to the next, which takes what the report was to be counted to.
            if merge.groups.contains(id) { id = merge.into }
            try apply(TemplateMiner.Merge(into: merge.into, groups: groups, template: merge.template), service: service)
        }
        if id == fresh { return try insert(error, as: fresh, template: words.stored, space: space) }
        guard let group = try countAgain(id) else {
            throw DatabaseError(resultCode: .SQLITE_INTERNAL, message: "a template's group is not there")
        }
        return group
    }

    private func withMiner<Answer>(
        of service: String, _ body: (inout TemplateMiner) throws -> Answer
    ) throws -> Answer {
        try engine.miners.with(service, load: { try loadMiner(of: service) }, body)
    }

    /// A service's miner, as it was.
    private func loadMiner(of service: String) throws -> TemplateMiner {
        var miner = TemplateMiner()
        miner.asksVersion1 =
            try Row.fetchOne(
                db.cachedStatement(
                    sql: "SELECT 1 FROM error_groups WHERE fingerprint BETWEEN '1:' AND '1;' LIMIT 1")) != nil
        let rows = try Row.fetchAll(
            db.cachedStatement(
                sql: """
                    SELECT coalesce(merged_into, id), template, space, pinned OR by_hand FROM error_groups
                    WHERE service = ? AND template IS NOT NULL AND (merged_into IS NULL OR by_hand)
                    ORDER BY template LIKE '%<*%>%' DESC, id DESC LIMIT ?
                    """),
            arguments: [service, TemplateMiner.maxTemplates])
        for row in rows.sorted(by: { ($0[0] as Int64) < $1[0] }) {
            miner.load(
                [TemplateWord](stored: row[1]), in: ShapeHash.of((row[2] as String).utf8), group: row[0],
                isPinned: row[3])
        }
        return miner
    }

    /// Groups turned out to be one problem.
    private func apply(_ merge: TemplateMiner.Merge, service: String) throws {
        let title = merge.template.title
        try db.cachedStatement(sql: "UPDATE error_groups SET template = ?, title = ? WHERE id = ?")
            .execute(arguments: [merge.template.stored, title, merge.into])
        guard !merge.groups.isEmpty else { return }
        for group in merge.groups { try put(group, into: merge.into) }
        var event = NewEvent(
            .groupMerged, "\(service): \(merge.groups.count + 1) groups are one problem: \(title)")
        event.group = merge.into
        try journal(event)
    }

    /// Counts a group, and those that it was made of, to another from here.
    ///
    /// - Parameter moving: how many of its reports are moved at once; the others follow.
    func put(_ group: Int64, into other: Int64, byHand: Bool = false, moving: Int = Self.dueLimit) throws {
        try settleGroupTallies()
        try db.cachedStatement(
            sql: """
                UPDATE error_groups
                SET occurrences = error_groups.occurrences + merged.occurrences,
                    first_seen_at = min(error_groups.first_seen_at, merged.first_seen_at),
                    last_seen_at = max(error_groups.last_seen_at, merged.last_seen_at)
                FROM (SELECT occurrences, first_seen_at, last_seen_at FROM error_groups WHERE id = ?1) AS merged
                WHERE id = ?2
                """
        ).execute(arguments: [group, other])
        try db.cachedStatement(sql: "UPDATE error_groups SET merged_into = ?2 WHERE id = ?1 OR merged_into = ?1")
            .execute(arguments: [group, other])
        try db.cachedStatement(
            sql: "UPDATE error_groups SET parent = ?2, by_hand = ?3, returns_from = NULL WHERE id = ?1"
        ).execute(arguments: [group, other, byHand])
        try moveReports(of: group, to: other, limit: moving)
    }

    /// Reports stand under the group that they are counted to: moves some of those that do not, and answers whether there
    /// are more. A report remembers the group that it was first counted to.
    func moveReports(limit: Int) throws -> Bool {
        let group = try Row.fetchOne(
            db.cachedStatement(
                sql: """
                    SELECT id, merged_into FROM error_groups
                    WHERE merged_into > 0 AND EXISTS (SELECT 1 FROM errors WHERE error_group = error_groups.id)
                    LIMIT 1
                    """))
        guard let group else { return false }
        try moveReports(of: group[0], to: group[1], limit: limit)
        return true
    }

    private func moveReports(of group: Int64, to other: Int64, limit: Int) throws {
        try db.cachedStatement(
            sql: """
                UPDATE errors SET error_group = ?2, first_group = coalesce(first_group, ?1)
                WHERE id IN (SELECT id FROM errors WHERE error_group = ?1 ORDER BY id DESC LIMIT ?3)
                """
        ).execute(arguments: [group, other, limit])
    }
}
