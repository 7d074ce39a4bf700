import GRDB
import MendProtocol

extension Scope {
    /// How many due rows of a kind one commit looks at; the rest follow in the next, after the calls that came meanwhile.
    static let dueLimit = 256

    /// Does what is due by now, and finds out when something is due next.
    func runDue(_ outcomes: inout [CallOutcome]) throws {
        try followWallClock()
        guard let due = engine.nextDue, due <= now.elapsedMs else { return }
        try tellOfSpace()
        try runDueGates()
        try runDueReplays()
        try runDueOperations()
        try runDueTransactions()
        while let waiter = engine.waiters.takeExpired(at: now.elapsedMs) { outcomes.append(waiter.answered([])) }
        try expireEndWaiters(&outcomes)
        let wakeDueMs = engine.waiters.wakeDue(at: now.elapsedMs)
        let retentionDueMs = try retain()
        let orphansDueMs = try settleOrphans()
        let found: [Int64?] = [
            try earliest("SELECT min(due_at) FROM operations WHERE due_at IS NOT NULL"),
            try earliest("SELECT min(due_at) FROM transactions WHERE due_at IS NOT NULL"),
            engine.waiters.nextDeadlineMs(), wakeDueMs, engine.endWaiters.nextDeadlineMs(), retentionDueMs,
            orphansDueMs, engine.gates.nextWakeMs, engine.replays.nextDueMs,
        ]
        engine.setNextDue(found.compactMap { $0 }.min())
    }

    private func earliest(_ sql: String) throws -> Int64? {
        try Int64.fetchOne(db.cachedStatement(sql: sql))
    }

    private func runDueOperations() throws {
        let statement = try db.cachedStatement(
            sql: """
                SELECT \(OperationRow.columns) FROM operations WHERE due_at <= ? ORDER BY due_at LIMIT ?
                """)
        for row in try Row.fetchAll(statement, arguments: [now.elapsedMs, Self.dueLimit]) {
            var operation = try OperationRow(row)
            if operation.lane != nil {
                // The end of one before it in its lane may just have changed it.
                guard let current = try knownOperation(operation.id), current.dueMs == operation.dueMs,
                    current.state == operation.state
                else { continue }
                operation = current
            }
            switch operation.state {
            case .held, .scheduled, .ready, .parked:
                if operation.hasExpired(at: now) {
                    try expire(operation)
                } else {
                    try becomeReady(operation)
                }
            case .leased: try leaseTimeEnded(operation)
            case .done, .cancelled, .expired, .dead: try forget(operation)
            }
        }
    }

    private func becomeReady(_ operation: OperationRow) throws {
        guard operation.state == .scheduled else {
            throw DatabaseError(
                resultCode: .SQLITE_CORRUPT,
                message: "operation \(operation.id) is \(operation.state.rawValue), and yet due")
        }
        try makeReady(operation, attempt: operation.attempt, lost: operation.lost)
    }

    func forget(_ operation: OperationRow) throws {
        if let lane = operation.lane { try leaveLane(lane, operation, as: .cancelled) }
        try db.cachedStatement(sql: "DELETE FROM operations WHERE id = ?").execute(arguments: [operation.id])
        // It may have made room for another one since it was looked at.
        guard db.changesCount > 0 else { return }
        try queue(id: operation.queue).move(from: operation.state, to: nil)
    }

    /// `run_at` is a promise by the wall clock: when that jumps, the elapsed times that were reckoned from it change.
    private func followWallClock() throws {
        let offset = now.wallMs - now.elapsedMs
        guard let known = engine.wallOffsetMs else {
            engine.wallOffsetMs = offset
            try journalStart()
            return try reschedule()
        }
        guard abs(known - offset) > Self.clockToleranceMs else { return }
        engine.wallOffsetMs = offset
        try journalClockJump(by: offset - known)
        try reschedule()
    }

    /// By how much the wall clock may be slewed before it counts as set.
    private static let clockToleranceMs: Int64 = 1000

    private func journalStart() throws {
        guard let lastRun = engine.lastRun else { return }
        let after =
            lastRun.isRestored
            ? " on a backup that was restored"
            : lastRun.isFirst
                ? " on a new and empty state" : lastRun.hostRestarted ? " after a restart of the host" : ""
        var event = NewEvent(.daemonStarted, "the daemon began to work\(after)")
        let restored = lastRun.isRestored ? #","restored":true"# : ""
        event.details = #"{"version":"\#(MendVersion.current)","host_restarted":\#(lastRun.hostRestarted)\#(restored)}"#
        try journal(event)
        let jump = now.wallMs - now.elapsedMs - lastRun.wallOffsetMs
        if abs(jump) > Self.clockToleranceMs { try journalClockJump(by: jump) }
    }

    private func journalClockJump(by ms: Int64) throws {
        var event = NewEvent(.clockJumped, "the wall clock was set \(abs(ms)) ms \(ms > 0 ? "forward" : "back")")
        event.details = #"{"by_ms":\#(ms)}"#
        try journal(event)
    }

    private func reschedule() throws {
        let statement = try db.cachedStatement(
            sql: """
                UPDATE operations SET due_at = min(? + run_at, coalesce(expires_at, 9223372036854775807))
                WHERE run_at IS NOT NULL AND state = 1
                """)
        try statement.execute(arguments: [now.elapsedMs - now.wallMs])
        if db.changesCount > 0 { engine.note(dueAt: now.elapsedMs) }
    }
}
