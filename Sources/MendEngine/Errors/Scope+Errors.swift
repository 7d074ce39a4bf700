import GRDB
import MendProtocol
import MendRules
import MendWire

extension Scope {
    /// Takes a report, whoever sends it: a program, a worker with its operation, or the engine itself. Classifies it,
    /// stores it without its secrets, counts it to its group, and answers what to do.
    ///
    /// - Parameters:
    ///   - correlation: what it belongs to; also its task where the report does not say.
    ///   - attempt: what failed; nothing where only the report knows.
    ///   - policy: decides over the retry; the report's own, the rule's, or `standard`, where nothing is said.
    ///   - hasQuota: whether its user's quota is asked; not where an operation or a transaction is to name the report.
    /// - Throws: `CallError` for a policy that does not exist, before anything is changed.
    func take(
        _ report: Errors.Report, caller: Caller, correlation: Name? = nil, attempt: FailedAttempt? = nil,
        policy: ResolvedPolicy? = nil, hasQuota: Bool = true
    ) throws -> Verdict {
        try take(
            PreparedReport(report, by: engine.intake, caller: caller, correlation: correlation), attempt: attempt,
            policy: policy, hasQuota: hasQuota)
    }

    /// Takes a report that was prepared.
    func take(
        _ prepared: PreparedReport, attempt: FailedAttempt? = nil, policy: ResolvedPolicy? = nil, hasQuota: Bool = true
    ) throws -> Verdict {
        let (classified, rules) = (prepared.classified, prepared.rules)
        let policy = try policy ?? ResolvedPolicy(prepared.report.policy, default: .shipped(classified.policy))
        let told = prepared.report.once == true ? try earlier(prepared.error) : nil
        let stored = try told ?? store(prepared.error, hasQuota: hasQuota)
        if told == nil {
            engine.counters.reports += 1
            engine.count(prepared.error, group: stored.group.id)
        }
        let retry = classified.retry(
            after: attempt ?? FailedAttempt(prepared.report), policy,
            leastMs: classified.leastDelayMs(prepared.report, now),
            random: &engine.random)
        return Verdict(
            error: stored.id, group: stored.group.id, occurrences: stored.group.occurrences,
            isNew: told == nil && stored.group.occurrences == 1,
            isRegression: stored.group.isRegression, category: classified.category, severity: classified.severity,
            strategy: classified.strategy, retry: retry,
            userMessage: rules.userMessage(classified, prepared.masked, retryAfterMs: retry.afterMs),
            guidance: rules.guidance(classified), plan: rules.plan(classified), why: classified.why,
            code: classified.code, ignored: prepared.masked.toldIgnored, sampled: stored.isSampled ? true : nil,
            repeated: told == nil ? nil : true)
    }

    /// A text without its secrets, and no longer than a message is kept.
    func masked(_ text: String) -> String {
        ErrorLimits.cut(engine.settings.masker.masked(text) ?? text, ErrorLimits.message)
    }

    /// The error that tells of the same failure already. What others say keeps nobody's report away.
    private func earlier(_ error: NewError) throws -> (id: Int64, group: CountedGroup, isSampled: Bool)? {
        guard let task = error.task else { return nil }
        let statement = try db.cachedStatement(
            sql: """
                SELECT id, error_group FROM errors INDEXED BY errors_task
                WHERE task = ? AND service = ? AND uid IN (?, 0, ?) ORDER BY id LIMIT 1
                """)
        guard
            let row = try Row.fetchOne(
                statement,
                arguments: [task, error.service, error.caller.uid, engine.settings.reporterUID ?? error.caller.uid]),
            let group = try countedGroup(row[1])
        else { return nil }
        return (row[0], group, false)
    }

    /// Counts a report and stores it, or only counts it where there are too many: then its group's newest stands for it.
    private func store(_ error: NewError, hasQuota: Bool) throws -> (id: Int64, group: CountedGroup, isSampled: Bool) {
        let settings = engine.settings
        let uid = error.caller.uid
        let isBeyondQuota =
            hasQuota && engine.reportQuota.isUsedUp(by: uid, most: settings.userReportsPerMinute, now: now)
        let isUnknown = try isBeyondQuota && knownGroup(of: error) == nil
        let error = isUnknown ? error.withFingerprint(.beyondQuota(of: uid)) : error
        let group = try count(error)
        let isTooOften = group.inMinute > settings.groupReportsPerMinute
        if isBeyondQuota || isTooOften, let newest = try newestReport(of: group.id) {
            if group.inMinute == settings.groupReportsPerMinute + 1, !group.isMuted {
                try journalSampled(group, error, id: newest)
            }
            try journalTurns(group, error, id: newest)
            return (newest, group, true)
        }
        let id = engine.counters.next(\.error)
        try insert(error, id: id, group: group.id)
        if group.occurrences == 1 { try journalNew(group, error, id: id) }
        try journalTurns(group, error, id: id)
        if hasQuota, engine.reportQuota.count(for: uid) == settings.userReportsPerMinute {
            try journalSampled(by: error.caller)
        }
        return (id, group, false)
    }

    private static let insertError = HotSQL(
        """
        INSERT INTO errors (id, error_group, occurred_at, reported_at, service, message, code, type, task, category,
            severity, strategy, why, uid, pid, command, unit, details, correlation)
        VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
        """)

    private func insert(_ error: NewError, id: Int64, group: Int64) throws {
        try hot(Self.insertError).run(
            id, group, error.occurredAt ?? now.wallMs, now.wallMs, error.service, error.message, error.code, error.type,
            error.task, error.classified.category.rawValue, error.classified.severity.rawValue,
            error.classified.strategy.rawValue, error.classified.why, error.caller.uid, error.caller.pid,
            error.caller.command, error.caller.unit, error.details, error.correlation?.text)
    }
}
