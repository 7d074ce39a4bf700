import GRDB
import MendProtocol

extension Scope {
    /// The time of a lease is over. Owners that lost the daemon for a while have the time of grace to come back.
    func leaseTimeEnded(_ operation: OperationRow) throws {
        let isOfEarlierRun = (operation.lease ?? 0) <= engine.lastLeaseAtStart
        guard isOfEarlierRun, let dueMs = operation.dueMs, dueMs <= engine.graceUntilMs else {
            return try lose(operation, because: .timeUp)
        }
        guard now.elapsedMs < engine.graceUntilMs else { return try lose(operation, because: .restart) }
        try db.cachedStatement(sql: "UPDATE operations SET due_at = ? WHERE id = ?")
            .execute(arguments: [engine.graceUntilMs, operation.id])
    }

    /// A lease ended without its worker having said how: the operation is ready again, unless it has used up its attempts
    /// or has lost its workers too often in a row. A restart spends no attempt, and says nothing about the operation.
    func lose(_ operation: OperationRow, because cause: LeaseEnd) throws {
        if cause == .restart {
            let state = try makeReady(operation, attempt: max(0, operation.attempt - 1), lost: operation.lost)
            guard state != .expired else { return }
            return try journalLost(operation, "a restart ended its lease; the attempt is not counted")
        }
        let lost = operation.lost + 1
        let why = cause == .timeUp ? "its lease ended" : "its worker ended"
        let poisonLosses = try queue(id: operation.queue).settings.poisonLosses ?? engine.settings.poisonLosses
        if lost >= poisonLosses {
            return try loseForGood(
                operation, code: "process.poison", kind: .operationPoison,
                message:
                    "operation \(operation.id) lost its worker \(lost.of("time")) in a row (\(why)): it is set aside as poison"
            )
        }
        if operation.attempt >= operation.maxAttempts {
            return try loseForGood(
                operation, code: "process.lease_ended", kind: .operationDead,
                message: "operation \(operation.id) was leased \(operation.attempt.of("time")) and never ended")
        }
        guard try makeReady(operation, attempt: operation.attempt, lost: lost) != .expired else { return }
        try journalLost(operation, "\(why) without a word; it is ready again")
    }

    /// What it was enqueued with cannot be read any more: nobody can do it, and it must not keep others from being leased.
    func setAsideUnreadable(_ operation: OperationRow, because error: any Error) throws {
        try loseForGood(
            operation, code: "process.payload_unreadable", kind: .operationDead,
            message: "the payload of operation \(operation.id) cannot be opened: \(error)")
    }

    private func loseForGood(_ operation: OperationRow, code: String, kind: EventKind, message: String) throws {
        var report = Errors.Report(message: message)
        report.service = "mend"
        report.code = code
        report.category = .system
        report.severity = .high
        let verdict = try take(
            report, from: engine.settings.daemon, meta: Meta(correlation: operation.correlation), of: operation,
            policy: try retryPolicy(of: operation))
        try die(operation, error: verdict.error, message: message, kind: kind)
    }

    private func journalLost(_ operation: OperationRow, _ message: String) throws {
        try journal(NewEvent(.leaseLost, message, of: operation, in: queue(id: operation.queue).name))
    }
}
