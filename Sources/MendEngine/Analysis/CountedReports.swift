import MendProtocol

/// The reports of a window, summed up.
struct CountedReports {
    /// Services whose history is read: those with the most reports.
    private static let servicesAtMost = 200
    private static let groupsTold = 3

    private let keys: [ReportKey]
    /// By the places of keys, and of services.
    private var byKey: [Int64]
    private var byService: [[Int64]]
    private let services: [String]
    private let serviceOfKey: [Int]
    private(set) var series: [Int64]
    private(set) var total: Int64 = 0
    /// Those that are not told apart.
    private(set) var lumped: Int64 = 0
    /// The most frequent first.
    private(set) var groups: [AnalysisFacts.Group] = []

    init(_ reader: StatisticReader, _ window: AnalysisWindow) throws {
        keys = reader.keys
        var (names, placeOfName, serviceOfKey): ([String], [String: Int], [Int]) = ([], [:], [])
        for key in keys {
            let place = placeOfName[key.service] ?? names.count
            if place == names.count {
                names.append(key.service)
                placeOfName[key.service] = place
            }
            serviceOfKey.append(place)
        }
        var series = [Int64](repeating: 0, count: window.steps)
        var byKey = [Int64](repeating: 0, count: keys.count)
        var byService = [Int64](repeating: 0, count: names.count * window.steps)
        try reader.reports(from: window.since, until: window.until, byHours: window.stepMs >= 3_600_000) {
            at, key, count in
            let step = min(max(0, Int((at - window.since) / window.stepMs)), window.steps - 1)
            series[step] += count
            byKey[key] += count
            byService[serviceOfKey[key] * window.steps + step] += count
        }
        (self.series, self.byKey, services, self.serviceOfKey) = (series, byKey, names, serviceOfKey)
        self.byService = names.indices.map { Array(byService[($0 * window.steps)..<(($0 + 1) * window.steps)]) }
        var byGroup: [Int64: (service: String, count: Int64)] = [:]
        for (place, count) in byKey.enumerated() where count > 0 {
            let key = keys[place]
            total += count
            if key.isLumped { lumped += count } else { byGroup[key.group, default: (key.service, 0)].count += count }
        }
        groups = byGroup.map { AnalysisFacts.Group(id: $0.key, service: $0.value.service, count: $0.value.count) }
            .sorted { ($0.count, $1.id) > ($1.count, $0.id) }
    }

    /// The most frequent of what keys are called; those that are called nothing are left out.
    func most(_ limit: Int, by name: (ReportKey) -> String?) -> [ReportCount] {
        var counts: [String: Int64] = [:]
        for (place, count) in byKey.enumerated() where count > 0 {
            if let name = name(keys[place]) { counts[name, default: 0] += count }
        }
        return Array(
            counts.map { ReportCount(name: $0.key, count: $0.value) }
                .sorted { ($0.count, $1.name) > ($1.count, $0.name) }.prefix(limit))
    }

    /// A service without a name stands for those that are not told apart.
    func mostServices(_ limit: Int) -> [ReportCount] {
        let counted = services.indices.map { place in
            ReportCount(name: services[place], count: byService[place].reduce(0, +), series: byService[place])
        }
        return Array(
            counted.filter { $0.count > 0 }.sorted { ($0.count, $1.name) > ($1.count, $0.name) }.prefix(limit))
    }

    /// The services that reported anything, those that may be out of the ordinary with their history.
    func services(
        _ reader: StatisticReader, _ history: AnalysisWindow.History, worthJudging least: Int64
    ) throws -> [AnalysisFacts.Service] {
        let totals = byService.map { $0.reduce(0, +) }
        let judged = totals.indices.filter { totals[$0] > least && !services[$0].isEmpty }
            .sorted { (totals[$0], services[$1]) > (totals[$1], services[$0]) }.prefix(Self.servicesAtMost)
        let steps = history.historySteps + history.windowSteps
        var first = [Int](repeating: -1, count: services.count)
        for (place, service) in judged.enumerated() { first[service] = place * steps }
        let firstOfKey = serviceOfKey.map { first[$0] }
        var series = [Int64](repeating: 0, count: judged.count * steps)
        if !judged.isEmpty {
            try reader.reports(from: history.since, until: history.until, byHours: history.stepMs >= 3_600_000) {
                at, key, count in
                guard firstOfKey[key] >= 0 else { return }
                let step = Int((at - history.since) / history.stepMs)
                if step < steps { series[firstOfKey[key] + step] += count }
            }
        }
        var keysOfService = [[(key: ReportKey, count: Int64)]](repeating: [], count: services.count)
        for (place, count) in byKey.enumerated() where count > 0 {
            keysOfService[serviceOfKey[place]].append((keys[place], count))
        }
        return services.indices.filter { totals[$0] > 0 && !services[$0].isEmpty }.map { place in
            let counts = first[place] < 0 ? [] : Array(series[first[place]..<(first[place] + steps)])
            let split = min(history.historySteps, counts.count)
            var service = AnalysisFacts.Service(
                name: services[place],
                series: SpikeRule.Series(
                    history: Array(counts[..<split]), window: Array(counts[split...]),
                    stepsPerDay: history.stepsPerDay))
            let critical = keysOfService[place].filter { $0.key.severity == .critical }
            service.critical = critical.reduce(0) { $0 + $1.count }
            service.groups = Self.leading(keysOfService[place])
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
