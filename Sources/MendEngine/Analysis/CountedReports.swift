import MendProtocol

/// The reports of a window, summed up.
struct CountedReports {
    /// Services whose history is read: those with the most reports.
    private static let servicesAtMost = 200
    private static let groupsTold = 3

    private var byKey: [Int64: Int64] = [:]
    private var byService: [String: [Int64]] = [:]
    private let keys: [Int64: ReportKey]
    private(set) var series: [Int64]
    private(set) var total: Int64 = 0
    /// Those that are not told apart.
    private(set) var lumped: Int64 = 0
    /// The most frequent first.
    private(set) var groups: [AnalysisFacts.Group] = []

    init(_ reader: StatisticReader, _ window: AnalysisWindow) throws {
        keys = reader.keys
        var series = [Int64](repeating: 0, count: window.steps)
        let none = series
        var (byKey, byService): ([Int64: Int64], [String: [Int64]]) = ([:], [:])
        try reader.reports(from: window.since, until: window.until, byHours: window.stepMs >= 3_600_000) {
            at, key, count in
            guard let service = reader.keys[key]?.service else { return }
            let step = min(max(0, Int((at - window.since) / window.stepMs)), window.steps - 1)
            series[step] += count
            byKey[key, default: 0] += count
            byService[service, default: none][step] += count
        }
        (self.series, self.byKey, self.byService) = (series, byKey, byService)
        var byGroup: [Int64: (service: String, count: Int64)] = [:]
        for (id, count) in byKey {
            guard let key = keys[id] else { continue }
            total += count
            if key.isLumped { lumped += count } else { byGroup[key.group, default: (key.service, 0)].count += count }
        }
        groups = byGroup.map { AnalysisFacts.Group(id: $0.key, service: $0.value.service, count: $0.value.count) }
            .sorted { ($0.count, $1.id) > ($1.count, $0.id) }
    }

    /// The most frequent of what keys are called; those that are called nothing are left out.
    func most(_ limit: Int, by name: (ReportKey) -> String?) -> [ReportCount] {
        var counts: [String: Int64] = [:]
        for (id, count) in byKey {
            if let name = keys[id].flatMap(name) { counts[name, default: 0] += count }
        }
        return Array(
            counts.map { ReportCount(name: $0.key, count: $0.value) }
                .sorted { ($0.count, $1.name) > ($1.count, $0.name) }.prefix(limit))
    }

    /// A service without a name stands for those that are not told apart.
    func mostServices(_ limit: Int) -> [ReportCount] {
        most(limit) { $0.service }.map { service in
            ReportCount(name: service.name, count: service.count, series: byService[service.name])
        }
    }

    /// The services that may be out of the ordinary, with their history.
    func services(
        _ reader: StatisticReader, _ history: AnalysisWindow.History, worthJudging least: Int64
    ) throws -> [AnalysisFacts.Service] {
        let totals = byService.filter { !$0.key.isEmpty }.mapValues { $0.reduce(0, +) }
        let judged = totals.filter { $0.value > least }.sorted { ($0.value, $1.key) > ($1.value, $0.key) }
            .prefix(Self.servicesAtMost)
        let places = Dictionary(uniqueKeysWithValues: judged.enumerated().map { ($1.key, $0) })
        let placeOfKey = reader.keys.compactMapValues { places[$0.service] }
        let steps = history.historySteps + history.windowSteps
        var series = [[Int64]](repeating: [Int64](repeating: 0, count: steps), count: judged.count)
        if !judged.isEmpty {
            try reader.reports(from: history.since, until: history.until, byHours: history.stepMs >= 3_600_000) {
                at, key, count in
                guard let place = placeOfKey[key] else { return }
                let step = Int((at - history.since) / history.stepMs)
                if step < steps { series[place][step] += count }
            }
        }
        var keysOfService: [String: [(key: ReportKey, count: Int64)]] = [:]
        for (id, count) in byKey {
            if let key = keys[id] { keysOfService[key.service, default: []].append((key, count)) }
        }
        return totals.keys.sorted().map { name in
            let counts = places[name].map { series[$0] } ?? []
            let split = min(history.historySteps, counts.count)
            var service = AnalysisFacts.Service(
                name: name,
                series: SpikeRule.Series(
                    history: Array(counts[..<split]), window: Array(counts[split...]),
                    stepsPerDay: history.stepsPerDay))
            let own = keysOfService[name] ?? []
            let critical = own.filter { $0.key.severity == .critical }
            service.critical = critical.reduce(0) { $0 + $1.count }
            service.groups = Self.leading(own)
            service.criticalGroups = Self.leading(critical)
            return service
        }
    }

    private static func leading(_ counts: [(key: ReportKey, count: Int64)]) -> [Int64] {
        var groups: [Int64: Int64] = [:]
        for (key, count) in counts where !key.isLumped { groups[key.group, default: 0] += count }
        return groups.sorted { ($0.value, $1.key) > ($1.value, $0.key) }.prefix(groupsTold).map(\.key)
    }
}
