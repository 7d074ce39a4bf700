import MendProtocol

/// What was counted in a window and before it, without the disk.
struct AnalysisFacts: Sendable {
    /// Unix milliseconds.
    var since: Int64
    var until: Int64
    var services: [Service] = []
    var groups: [Group] = []
    var outcomes: [OutcomeKey: Int64] = [:]

    struct Service: Sendable {
        let name: String
        var critical: Int64 = 0
        /// Steps of its own, which may be others than those that are shown.
        var series: SpikeRule.Series
        /// The groups with the most reports first, and those with the most critical ones.
        var groups: [Int64] = []
        var criticalGroups: [Int64] = []
    }

    struct Group: Sendable {
        let id: Int64
        let service: String
        let count: Int64
    }

    /// Where the steps of series begin, and how long they are.
    var stepsSince: Int64
    var stepMs: Int64
}

/// From where on something is out of the ordinary.
package struct AnalysisLimits: Hashable, Sendable {
    package var errorRate = 0.1
    package var specificErrorCount: Int64 = 1_000
    package var recoveryFailureRate = 0.1
    package var criticalCount: Int64 = 10
    package var spikeCount: Int64 = 20
    /// Fewer failures than this are no rate, and fewer losses no failure to recover.
    static let failuresAtLeast: Int64 = 10
    static let lossesAtLeast: Int64 = 3

    package init() {}

    func with(_ said: AnalysisThresholds?) -> AnalysisLimits {
        var limits = self
        if let value = said?.errorRate?.value { limits.errorRate = value }
        if let value = said?.specificErrorCount?.value { limits.specificErrorCount = value }
        if let value = said?.recoveryFailureRate?.value { limits.recoveryFailureRate = value }
        if let value = said?.criticalCount?.value { limits.criticalCount = value }
        if let value = said?.spikeCount?.value { limits.spikeCount = value }
        return limits
    }

    var told: AnalysisThresholds {
        var told = AnalysisThresholds()
        told.errorRate = Share(errorRate)
        told.specificErrorCount = Count(specificErrorCount)
        told.recoveryFailureRate = Share(recoveryFailureRate)
        told.criticalCount = Count(criticalCount)
        told.spikeCount = Count(spikeCount)
        return told
    }
}

/// Finds what is out of the ordinary: counts in, anomalies out.
struct Analyst: Sendable {
    let limits: AnalysisLimits

    /// The gravest kinds first, and of each the largest.
    func anomalies(in facts: AnalysisFacts) -> [Anomaly] {
        let found = [
            criticalThreshold(facts), spikes(facts), recoveryFailures(facts), highRates(facts), frequentErrors(facts),
        ]
        return found.flatMap { $0.sorted { ($0.count, $1.why) > ($1.count, $0.why) } }
    }

    private func criticalThreshold(_ facts: AnalysisFacts) -> [Anomaly] {
        facts.services.filter { $0.critical >= limits.criticalCount }.map { service in
            var anomaly = Anomaly(
                kind: .criticalThreshold, from: facts.since, until: facts.until, count: service.critical,
                bound: Double(limits.criticalCount), groups: service.criticalGroups,
                why: "\(service.critical) critical reports of \(service.name): \(limits.criticalCount) are too many")
            anomaly.service = service.name
            return anomaly
        }
    }

    private func spikes(_ facts: AnalysisFacts) -> [Anomaly] {
        var rule = SpikeRule()
        rule.floor = Double(limits.spikeCount)
        return facts.services.flatMap { service in
            rule.spikes(in: service.series).map { spike in
                let from = facts.stepsSince + Int64(spike.steps.lowerBound) * facts.stepMs
                let until = min(facts.until, facts.stepsSince + Int64(spike.steps.upperBound) * facts.stepMs)
                let compared =
                    spike.isWholeWindow
                    ? "the median of \(spike.samples) such windows before it" : "the median at this time of day"
                var anomaly = Anomaly(
                    kind: .spike, from: from, until: until, count: spike.count, bound: spike.bound.rounded(to: 1),
                    groups: service.groups,
                    why: "\(spike.count) reports of \(service.name) where \(compared) is "
                        + "\(spike.baseline.rounded(to: 1)) and \(spike.bound.rounded(to: 1)) would be ordinary")
                anomaly.service = service.name
                anomaly.baseline = spike.baseline.rounded(to: 1)
                return anomaly
            }
        }
    }

    private func frequentErrors(_ facts: AnalysisFacts) -> [Anomaly] {
        facts.groups.filter { $0.count >= limits.specificErrorCount }.map { group in
            var anomaly = Anomaly(
                kind: .frequentError, from: facts.since, until: facts.until, count: group.count,
                bound: Double(limits.specificErrorCount), groups: [group.id],
                why: "group \(group.id) of \(group.service) has \(group.count) reports: "
                    + "\(limits.specificErrorCount) of one kind are too many")
            anomaly.group = group.id
            anomaly.service = group.service
            return anomaly
        }
    }

    private func highRates(_ facts: AnalysisFacts) -> [Anomaly] {
        rates(
            facts, .highRate, bad: [.failed], good: [.completed, .recovered], above: limits.errorRate,
            atLeast: AnalysisLimits.failuresAtLeast, \.queue, "attempts on queue", "failed")
            + rates(
                facts, .highRate, bad: [.breakerFailure], good: [.breakerSuccess], above: limits.errorRate,
                atLeast: AnalysisLimits.failuresAtLeast, \.breaker, "calls behind breaker", "failed")
    }

    private func recoveryFailures(_ facts: AnalysisFacts) -> [Anomaly] {
        rates(
            facts, .recoveryFailure, bad: [.died], good: [.completed, .recovered], above: limits.recoveryFailureRate,
            atLeast: AnalysisLimits.lossesAtLeast, \.queue, "operations that ended on queue", "died")
            + rates(
                facts, .recoveryFailure, bad: [.parked, .incomplete], good: [.rolledBack],
                above: limits.recoveryFailureRate, atLeast: AnalysisLimits.lossesAtLeast, \.transaction,
                "rollbacks of transactions", "were parked or ended incomplete")
    }

    /// One for each name whose share is above a limit for certain.
    private func rates(
        _ facts: AnalysisFacts, _ kind: AnomalyKind, bad: [OutcomeKind], good: [OutcomeKind], above limit: Double,
        atLeast: Int64, _ subject: WritableKeyPath<Anomaly, String?>, _ what: String, _ how: String
    ) -> [Anomaly] {
        var (bads, goods): ([String: Int64], [String: Int64]) = ([:], [:])
        for (key, count) in facts.outcomes {
            if bad.contains(key.kind) { bads[key.name, default: 0] += count }
            if good.contains(key.kind) { goods[key.name, default: 0] += count }
        }
        return bads.sorted { $0.key < $1.key }.compactMap { name, count in
            let proportion = Proportion(count: count, total: count + (goods[name] ?? 0))
            guard !name.isEmpty, count >= atLeast, proportion.lowerBound > limit else { return nil }
            let share = (proportion.share * 100).rounded(to: 1)
            var anomaly = Anomaly(
                kind: kind, from: facts.since, until: facts.until, count: count, bound: limit,
                why: "\(count) of \(proportion.total) \(what) \(name) \(how), \(share) %: above "
                    + "\((limit * 100).rounded(to: 1)) %, and not by chance")
            anomaly[keyPath: subject] = name
            anomaly.total = proportion.total
            return anomaly
        }
    }
}

extension Double {
    /// With so many places after the point.
    func rounded(to places: Int) -> Double {
        let scale = (0..<places).reduce(1.0) { scale, _ in scale * 10 }
        return (self * scale).rounded() / scale
    }
}
