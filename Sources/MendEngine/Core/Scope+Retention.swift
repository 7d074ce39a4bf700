import GRDB
import MendProtocol

/// Nothing is kept for ever: what has ended is forgotten by its age, and the oldest first where there is too much of it.
extension Scope {
    private static let retentionCheckMs: Int64 = 60_000
    /// For so long a repeated `complete` is answered as it was, however much has ended since.
    private static let keptAtLeastMs: Int64 = 3_600_000

    /// Forgets a little of everything that is too old or too much; answers when to go on.
    func retain() throws -> Int64 {
        let nextMs = (engine.retentionCheckedAtMs ?? .min / 2) + Self.retentionCheckMs
        guard nextMs <= now.elapsedMs else { return nextMs }
        let forgotten = [
            try forgetOldErrors(limit: Self.dueLimit), try forgetEvents(), try forgetOldAnswers(),
            try forgetTooManyAnswers(), try forgetTransactions(), try forgetEndedOperations(),
            try keepStatistics(), try moveReports(limit: Self.dueLimit), try returnReports(limit: Self.dueLimit),
        ]
        if forgotten.contains(true) { return now.elapsedMs }
        engine.retentionCheckedAtMs = now.elapsedMs
        return now.elapsedMs + Self.retentionCheckMs
    }

    /// Reports, and groups with their last one: a problem that comes back after that is new. Ids grow with time, so the
    /// oldest have the lowest.
    func forgetOldErrors(limit: Int) throws -> Bool {
        let cutoff = now.wallMs - engine.settings.errorRetentionMs
        let beyond = try lastNumber(
            beyond: engine.settings.errorMaxCount, before: engine.counters.error,
            newest: "SELECT max(id) FROM errors WHERE id <= ?", next: "SELECT min(id) FROM errors WHERE id > ?")
        try engine.flushHistory(db, now: now)
        let forgotten = try Row.fetchAll(
            db.cachedStatement(
                sql: """
                    DELETE FROM errors
                    WHERE id IN (SELECT id FROM errors ORDER BY id LIMIT ?) AND (reported_at < ? OR id <= ?)
                    RETURNING \(IndexedError.columns)
                    """),
            arguments: [limit, cutoff, beyond])
        guard !forgotten.isEmpty else { return false }
        for row in forgotten { try IndexedError.takeBack(row, db) }
        for group in Set(forgotten.map { $0[0] as Int64 }).sorted() { try forgetGroup(ifWithoutReports: group) }
        try db.cachedStatement(
            sql: """
                DELETE FROM report_spans WHERE first <
                    (SELECT max(first) FROM report_spans WHERE first <= (SELECT min(id) FROM errors))
                """
        ).execute()
        return forgotten.count == limit
    }

    /// Never one between two that are kept, whatever the wall clock said: readers rely on numbers without gaps.
    private func forgetEvents() throws -> Bool {
        try db.cachedStatement(
            sql: """
                WITH oldest AS (SELECT event, at FROM events ORDER BY event LIMIT ?)
                DELETE FROM events WHERE event IN (SELECT event FROM oldest)
                    AND event < coalesce((SELECT min(event) FROM oldest WHERE NOT (at < ? OR event <= ?)), event + 1)
                """
        ).execute(arguments: [
            Self.dueLimit, now.wallMs - engine.settings.eventRetentionMs,
            engine.counters.event - engine.settings.eventMaxCount,
        ])
        return db.changesCount == Self.dueLimit
    }

    /// The newest number after which at least `count` others were given out, up to `last`. What a restored backup has left
    /// out was given to nobody: it is told by its width, which no other gap has.
    private func lastNumber(beyond count: Int64, before last: Int64, newest: String, next: String) throws -> Int64 {
        let newest = try db.cachedStatement(sql: newest)
        let next = try db.cachedStatement(sql: next)
        var last = last
        var count = count
        while true {
            let beyond = last - count
            guard let before = try Int64.fetchOne(newest, arguments: [beyond]) else { return beyond }
            let after = min(try Int64.fetchOne(next, arguments: [beyond]) ?? .max, last + 1)
            guard after - before > Counters.leftOut else { return beyond }
            count -= last + 1 - after
            last = before
        }
    }

    private func forgetOldAnswers() throws -> Bool {
        try db.cachedStatement(
            sql: """
                DELETE FROM idempotency
                WHERE id IN (SELECT id FROM idempotency ORDER BY id LIMIT ?) AND forgotten_at <= ?
                """
        ).execute(arguments: [Self.dueLimit, now.elapsedMs])
        return db.changesCount == Self.dueLimit
    }

    /// Where too many answers are kept, the oldest of the user who has the most go: nobody pushes out those of others.
    private func forgetTooManyAnswers() throws -> Bool {
        let before = engine.answersToForget
        guard var work = try before ?? tooManyAnswers() else { return false }
        let engine = engine
        engine.onRollback.append { engine.answersToForget = before }
        let page = try Row.fetchAll(
            db.cachedStatement(sql: "SELECT id, uid FROM idempotency WHERE id > ? ORDER BY id LIMIT ?"),
            arguments: [work.seenUpTo, Self.dueLimit])
        let delete = try db.cachedStatement(sql: "DELETE FROM idempotency WHERE id = ?")
        for row in page where work.count > 0 {
            work.seenUpTo = row[0]
            guard row[1] as UInt32 == work.uid else { continue }
            try delete.execute(arguments: [work.seenUpTo])
            work.count -= 1
        }
        engine.answersToForget = work.count > 0 && page.count == Self.dueLimit ? work : nil
        // Once this user has no more than the next one, it may be another's turn.
        return true
    }

    private func tooManyAnswers() throws -> AnswersToForget? {
        let most = engine.settings.idempotencyMaxCount
        // Numbers have gaps, so this says too much at times, and never too little.
        let oldest = try Int64.fetchOne(db.cachedStatement(sql: "SELECT min(id) FROM idempotency"))
        guard let oldest, engine.counters.idempotency - oldest >= most else { return nil }
        let users = try Row.fetchAll(
            db.cachedStatement(sql: "SELECT uid, count(*) FROM idempotency GROUP BY uid ORDER BY count(*) DESC, uid"))
        let tooMany = users.reduce(-most) { $0 + ($1[1] as Int64) }
        guard tooMany > 0, let first = users.first else { return nil }
        let lead = (first[1] as Int64) - (users.dropFirst().first?[1] ?? 0)
        return AnswersToForget(uid: first[0], count: min(tooMany, max(lead, Int64(Self.dueLimit))))
    }

    /// Those that have ended, where there are too many; by age they have their own time.
    private func forgetTransactions() throws -> Bool {
        let beyond = try lastNumber(
            beyond: engine.settings.transactionMaxCount, before: engine.counters.transaction,
            newest: "SELECT max(id) FROM transactions WHERE id <= ?",
            next: "SELECT min(id) FROM transactions WHERE id > ?")
        let statement = try db.cachedStatement(
            sql: "SELECT id FROM transactions WHERE id <= ? AND ended_at IS NOT NULL ORDER BY id LIMIT ?")
        let tooMany = try Int64.fetchAll(statement, arguments: [beyond, Self.dueLimit])
        for id in tooMany { try forget(transaction: id) }
        return tooMany.count == Self.dueLimit
    }

    /// Ended operations where there are too many, those first that would be forgotten first. They stand among others that
    /// are due, so this looks at a few of them at a time and goes on from there.
    private func forgetEndedOperations() throws -> Bool {
        let ended = try Int64.fetchOne(
            db.cachedStatement(sql: "SELECT coalesce(sum(done + cancelled + expired), 0) FROM queues"))
        var tooMany = (ended ?? 0) - engine.settings.endedMaxCount
        guard tooMany > 0 else {
            engine.endedSeenUpToMs = .min
            return false
        }
        let rows = try Row.fetchAll(
            db.cachedStatement(
                sql: """
                    SELECT \(OperationRow.columns), ended_at FROM operations
                    WHERE due_at > ? ORDER BY due_at LIMIT ?
                    """),
            arguments: [engine.endedSeenUpToMs, Self.dueLimit])
        for row in rows {
            let operation = try OperationRow(row)
            engine.endedSeenUpToMs = operation.dueMs ?? .min
            guard tooMany > 0, operation.isForgettable,
                row["ended_at"] as Int64? ?? .max <= now.wallMs - Self.keptAtLeastMs
            else { continue }
            try forget(operation)
            tooMany -= 1
        }
        if rows.count < Self.dueLimit { engine.endedSeenUpToMs = .min }
        return tooMany > 0 && rows.count == Self.dueLimit
    }

    /// The oldest dead letter goes where a queue has too many; that is told, for nobody has looked at it.
    func makeRoomForDeadLetter(in queue: QueueRecord) throws {
        guard queue.counts.dead > engine.settings.deadMaxCount else { return }
        let statement = try db.cachedStatement(
            sql: """
                SELECT \(OperationRow.columns) FROM operations
                WHERE queue = ? AND state = 6 AND txn IS NULL ORDER BY id LIMIT 1
                """)
        guard let row = try Row.fetchOne(statement, arguments: [queue.id]) else { return }
        let operation = try OperationRow(row)
        try forget(operation)
        let message =
            "the queue has more than \(engine.settings.deadMaxCount.of("dead letter")); the oldest was forgotten"
        try journal(NewEvent(.operationForgotten, message, of: operation, in: queue.name))
    }
}

extension OperationRow {
    /// Whether it has ended, and nobody is to look at it.
    fileprivate var isForgettable: Bool {
        switch state {
        case .done, .cancelled, .expired: transaction == nil
        default: false
        }
    }
}

/// A user's oldest answers that are to be forgotten, a page of all answers at a time.
struct AnswersToForget {
    let uid: UInt32
    /// How many are still to go.
    var count: Int64
    /// The last answer that was looked at.
    var seenUpTo: Int64 = 0
}
