import GRDB
import MendProtocol
import MendWire

/// How often something has failed by now, and since when.
struct FailedAttempt {
    /// The first is 1.
    var number: Int64
    /// 0 at the first failure.
    var elapsedSinceFirstFailureMs: Int64 = 0
    /// How long the last retry waited.
    var lastDelayMs: Int64?
}

extension Scope {
    /// Takes a report, whoever sends it: a program, a worker with its operation, or the engine itself. Classifies it,
    /// stores it without its secrets, counts it to its group, and answers what to do.
    ///
    /// - Parameters:
    ///   - correlation: what it belongs to; also its task where the report does not say.
    ///   - attempt: what failed; nothing where only the report knows.
    ///   - policy: decides over the retry; the report's own, or `standard`, where nothing is said.
    /// - Throws: `CallError` for a policy that does not exist, before anything is changed.
    func take(
        _ report: Errors.Report, caller: Caller, correlation: Name? = nil, attempt: FailedAttempt? = nil,
        policy: ResolvedPolicy? = nil
    ) throws -> Verdict {
        let policy = try policy ?? ResolvedPolicy(report.policy)
        let attempt = attempt ?? FailedAttempt(number: report.attempt?.value ?? 1)
        let classified = engine.classifier.classify(report, command: caller.command)
        let error = try NewError(
            report.masked(), classified, caller: caller, correlation: correlation, now: now)
        let group = try count(error)
        let id = engine.counters.next(\.error)
        try insert(error, id: id, group: group.id)
        if group.occurrences == 1 { try journalNew(group.id, error, id: id) }
        engine.counters.reports += 1
        let texts = CategoryDefaults.of(classified.category)
        return Verdict(
            error: id, group: group.id, occurrences: group.occurrences, isNew: group.occurrences == 1,
            isRegression: false, category: classified.category, severity: classified.severity,
            strategy: classified.strategy, retry: decide(classified.strategy, attempt, policy),
            userMessage: texts.userMessage, guidance: texts.guidance, why: classified.why,
            ignored: report.ignored.isEmpty
                ? nil : report.ignored.prefix(ErrorLimits.ignored).map { ErrorLimits.cut($0, ErrorLimits.name) })
    }

    /// A text without its secrets, and no longer than a message is kept.
    func masked(_ text: String) -> String {
        ErrorLimits.cut(Masker.masked(text) ?? text, ErrorLimits.message)
    }

    private func decide(_ strategy: Strategy, _ attempt: FailedAttempt, _ policy: ResolvedPolicy) -> RetryDecision {
        switch strategy {
        case .retry, .wait:
            policy.decision(
                attempt: attempt.number, elapsedSinceFirstFailureMs: attempt.elapsedSinceFirstFailureMs,
                lastDelayMs: attempt.lastDelayMs, random: &engine.random)
        case .failFast, .deadLetter, .reconcile:
            policy.refusal(attempt: attempt.number)
        }
    }

    /// Counts the report to its group, which is made where it is the first.
    private func count(_ error: NewError) throws -> (id: Int64, occurrences: Int64) {
        let fresh = engine.counters.errorGroup + 1
        let statement = try db.cachedStatement(
            sql: """
                INSERT INTO error_groups (id, fingerprint, service, title, occurrences, first_seen_at, last_seen_at)
                VALUES (?, ?, ?, ?, 1, ?, ?)
                ON CONFLICT (fingerprint) DO UPDATE
                    SET occurrences = occurrences + 1, last_seen_at = excluded.last_seen_at
                RETURNING id, occurrences
                """)
        statement.setUncheckedArguments([
            fresh, error.fingerprint.text, error.service, error.fingerprint.title, now.wallMs, now.wallMs,
        ])
        guard let row = try Row.fetchOne(statement) else {
            throw DatabaseError(resultCode: .SQLITE_INTERNAL, message: "a group was written and did not come back")
        }
        let id: Int64 = row[0]
        if id == fresh { engine.counters.errorGroup = fresh }
        return (id, row[1])
    }

    private func journalNew(_ group: Int64, _ error: NewError, id: Int64) throws {
        var event = NewEvent(.groupNew, "\(error.service): \(error.fingerprint.title)")
        event.group = group
        event.error = id
        event.correlation = error.correlation
        event.caller = error.caller
        try journal(event)
    }

    private func insert(_ error: NewError, id: Int64, group: Int64) throws {
        let statement = try db.cachedStatement(
            sql: """
                INSERT INTO errors (id, error_group, occurred_at, reported_at, service, message, code, type, task,
                    category, severity, strategy, why, uid, pid, command, unit, details, correlation)
                VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
                """)
        statement.setUncheckedArguments([
            id, group, error.occurredAt, now.wallMs, error.service, error.message, error.code, error.type, error.task,
            error.classified.category.rawValue, error.classified.severity.rawValue,
            error.classified.strategy.rawValue, error.classified.why, error.caller.uid, error.caller.pid,
            error.caller.command, error.caller.unit, error.details,
            error.correlation?.text,
        ])
        try statement.execute()
    }
}

/// A report on its way into the table: masked, and no longer than it may be.
private struct NewError {
    let occurredAt: Int64
    let service: String
    let message: String
    let code: String?
    let type: String?
    let task: String?
    let correlation: Name?
    let classified: Classification
    let caller: Caller
    let details: String
    let fingerprint: Fingerprint

    init(
        _ masked: Errors.Report, _ classified: Classification, caller: Caller, correlation: Name?, now: Moment
    ) throws {
        func short(_ text: String?) -> String? { text.map { ErrorLimits.cut($0, ErrorLimits.name) } }
        occurredAt = masked.occurredAt?.value ?? now.wallMs
        service = short(masked.service ?? caller.unit ?? caller.command) ?? "unknown"
        message = ErrorLimits.cut(masked.message, ErrorLimits.message)
        code = short(masked.code)
        type = short(masked.type)
        task = short(masked.task ?? correlation?.text)
        self.correlation = correlation
        self.classified = classified
        self.caller = caller
        details = try ErrorDetails.json(of: masked)
        fingerprint = Fingerprint(
            service: service, code: code, type: type, message: masked.message, explicit: masked.fingerprint)
    }
}
