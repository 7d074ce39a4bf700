import GRDB
import MendProtocol

extension Errors.Analysis: ReaderMethod {
    private static let usualWindowMs: Int64 = 86_400_000

    package func read(_ scope: ReadScope) throws -> Answer {
        let minutesSince = scope.now.wallMs - scope.settings.statisticMinutesMs + 60_000
        let window = try window(now: scope.now.wallMs, minutesSince: minutesSince)
        let reader = try StatisticReader(scope.db) { isWanted($0) }
        let counted = try CountedReports(reader, window)
        let limits = scope.settings.analysis.with(thresholds)
        let history = window.history(began: reader.began, minutesSince: minutesSince)
        let most = Int(limit?.value ?? 10)

        var facts = AnalysisFacts(
            since: window.since, until: window.until, stepsSince: history.windowSince, stepMs: history.stepMs)
        facts.services = try counted.services(reader, history, worthJudging: limits.spikeCount)
        facts.groups = counted.groups
        if isOfAll {
            facts.outcomes = try reader.outcomes(
                from: window.since, until: window.until, byHours: window.stepMs >= 3_600_000)
        }
        let anomalies = Array(Analyst(limits: limits).anomalies(in: facts).prefix(Self.anomaliesAtMost))

        var answer = Answer(
            since: window.since, until: min(window.until, scope.now.wallMs), stepMs: window.stepMs,
            reports: counted.total,
            perMinute: (Double(counted.total) * 60_000 / Double(max(60_000, window.until - window.since))).rounded(
                to: 3),
            lumped: counted.lumped > 0 ? counted.lumped : nil, series: counted.series,
            categories: counted.most(most) { $0.category.rawValue },
            severities: counted.most(most) { $0.severity.rawValue },
            services: counted.mostServices(most),
            codes: counted.most(most) { $0.code.isEmpty ? nil : $0.code },
            groups: try counted.groups.prefix(most).map { try $0.told(scope.db) },
            anomalies: anomalies, recommendations: Recommendation.all(for: anomalies),
            historyMs: Int64(history.historySteps) * history.stepMs, thresholds: limits.told)
        if isOfAll {
            let successes = facts.outcomes.reduce(Int64(0)) { sum, outcome in
                switch outcome.key.kind {
                case .completed, .recovered, .breakerSuccess: sum + outcome.value
                default: sum
                }
            }
            answer.successes = successes
            answer.errorRate = Proportion(count: counted.total, total: counted.total + successes).share.rounded(to: 4)
        }
        return answer
    }

    private static let anomaliesAtMost = 100

    /// Whether nothing is left out: only then the successes are of the same.
    private var isOfAll: Bool { service == nil && category == nil && severity == nil && code == nil && group == nil }

    private func isWanted(_ key: ReportKey) -> Bool {
        (service == nil || key.service == service) && (category == nil || key.category == category)
            && (severity == nil || key.severity == severity) && (code == nil || key.code == code)
            && (group == nil || key.group == group)
    }

    private func window(now: Int64, minutesSince: Int64) throws(CallError) -> AnalysisWindow {
        if since != nil, windowMs != nil {
            throw CallError(
                .invalidParams, "since_at and window_ms say the same in two ways", field: "window_ms",
                hint: "leave one of them out")
        }
        // What is reported at this very moment is counted, too.
        let end = min(until?.value ?? .max, now + 1)
        let start = since?.value ?? end - (windowMs?.value ?? Self.usualWindowMs)
        guard start < end else {
            throw CallError(
                .invalidParams, "the window ends before it begins", field: since == nil ? "until_at" : "since_at",
                hint: "what is to come has not been reported yet")
        }
        return AnalysisWindow(since: max(0, start), until: end, isExact: since != nil, minutesSince: minutesSince)
    }
}

extension AnalysisFacts.Group {
    fileprivate func told(_ db: Database) throws -> GroupCount {
        let row = try Row.fetchOne(
            db.cachedStatement(sql: "SELECT title, first_seen_at, last_seen_at FROM error_groups WHERE id = ?"),
            arguments: [id])
        return GroupCount(
            group: id, service: service, title: row?[0], count: count, firstSeenAt: row?[1], lastSeenAt: row?[2])
    }
}
