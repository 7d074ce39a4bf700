import MendProtocol

@testable import MendEngine

/// A host's days from a seed: services with a daily and weekly rhythm, noise beyond chance, quiet ones, queues and
/// breakers; and incidents that are planted in the last of them.
struct SyntheticDays {
    struct Incident: Hashable {
        enum Kind: String, CaseIterable { case burst, slowLeak, critical, frequent, deaths, rollbacks, failures }
        let kind: Kind
        /// The service, queue, breaker or transaction.
        let subject: String
        /// What may find it.
        var expected: AnomalyKind {
            switch kind {
            case .burst, .slowLeak: .spike
            case .critical: .criticalThreshold
            case .frequent: .frequentError
            case .deaths, .rollbacks: .recoveryFailure
            case .failures: .highRate
            }
        }
    }

    static let historyDays = 14
    private var random: RandomSource
    private(set) var incidents: [Incident] = []
    private(set) var facts: AnalysisFacts
    private let weekday: Int

    init(seed: UInt64, incidents number: Int) {
        random = RandomSource(seed: seed)
        facts = AnalysisFacts(since: 0, until: 86_400_000, stepsSince: 0, stepMs: 3_600_000)
        weekday = Int(random.next() % 7)
        for number in 0..<24 { addService("s\(number)", id: Int64(number) * 10 + 1) }
        for number in 0..<10 { addQueue("q\(number)", kinds: (.completed, .failed)) }
        for number in 0..<10 { addQueue("b\(number)", kinds: (.breakerSuccess, .breakerFailure)) }
        for number in 0..<4 { addRollbacks("t\(number)") }
        var free = facts.services.map(\.name)
        for _ in 0..<number {
            let kind = Incident.Kind.allCases[Int(random.next() % UInt64(Incident.Kind.allCases.count))]
            plant(kind, &free)
        }
    }

    // MARK: Ordinary days

    private mutating func addService(_ name: String, id: Int64) {
        // From one report in two days to a hundred an hour.
        let rate = 0.02 * pow(10, uniform() * 3.7)
        let (peak, amplitude) = (uniform() * 24, uniform() * 0.8)
        let weekend = 0.3 + uniform() * 1.2
        let noise = 0.05 + uniform() * 0.25
        var steps: [Int64] = []
        for day in 0...Self.historyDays {
            let isWeekend = (weekday + 7 * 4 + day - Self.historyDays) % 7 >= 5
            let ofDay = rate * (isWeekend ? weekend : 1) * lognormal(0.12)
            for hour in 0..<24 {
                let rhythm = 1 + amplitude * cosine((Double(hour) - peak) / 24)
                steps.append(poisson(ofDay * rhythm * lognormal(noise)))
            }
        }
        let split = Self.historyDays * 24
        var service = AnalysisFacts.Service(
            name: name,
            series: SpikeRule.Series(
                history: Array(steps[..<split]), window: Array(steps[split...]), stepsPerDay: 24))
        let total = service.series.window.reduce(0, +)
        service.critical = min(poisson(0.4), total)
        facts.services.append(service)
        // Most of a service's reports are of a few groups.
        for place in 0..<4 {
            facts.groups.append(
                AnalysisFacts.Group(id: id + Int64(place), service: name, count: total / (Int64(place) + 5)))
        }
    }

    private mutating func addQueue(_ name: String, kinds: (good: OutcomeKind, bad: OutcomeKind)) {
        let total = 5 * pow(10, uniform() * 3.5)
        let share = uniform() * 0.04
        facts.outcomes[OutcomeKey(kind: kinds.good, name: name)] = poisson(total * (1 - share))
        facts.outcomes[OutcomeKey(kind: kinds.bad, name: name)] = poisson(total * share)
        if kinds.good == .completed {
            facts.outcomes[OutcomeKey(kind: .died, name: name)] = poisson(total * share * 0.1)
        }
    }

    private mutating func addRollbacks(_ name: String) {
        facts.outcomes[OutcomeKey(kind: .rolledBack, name: name)] = poisson(3 + 40 * uniform())
        facts.outcomes[OutcomeKey(kind: .parked, name: name)] = poisson(0.1)
    }

    // MARK: Incidents

    private mutating func plant(_ kind: Incident.Kind, _ free: inout [String]) {
        switch kind {
        case .burst, .slowLeak, .critical, .frequent:
            guard !free.isEmpty else { return }
            let name = free.remove(at: Int(random.next() % UInt64(free.count)))
            guard let place = facts.services.firstIndex(where: { $0.name == name }) else { return }
            plant(kind, in: place)
            incidents.append(Incident(kind: kind, subject: name))
        case .deaths:
            let name = "q\(random.next() % 10)"
            let good = facts.outcomes[OutcomeKey(kind: .completed, name: name)] ?? 0
            facts.outcomes[OutcomeKey(kind: .died, name: name)] = 5 + Int64(Double(good) * (0.3 + uniform()))
            incidents.append(Incident(kind: kind, subject: name))
        case .rollbacks:
            let name = "t\(random.next() % 4)"
            let good = facts.outcomes[OutcomeKey(kind: .rolledBack, name: name)] ?? 0
            facts.outcomes[OutcomeKey(kind: .parked, name: name)] = 4 + Int64(Double(good) * (0.4 + uniform()))
            incidents.append(Incident(kind: kind, subject: name))
        case .failures:
            let name = "b\(random.next() % 10)"
            let good = facts.outcomes[OutcomeKey(kind: .breakerSuccess, name: name)] ?? 0
            facts.outcomes[OutcomeKey(kind: .breakerFailure, name: name)] =
                12 + Int64(Double(good) * (0.25 + uniform()))
            incidents.append(Incident(kind: kind, subject: name))
        }
    }

    private mutating func plant(_ kind: Incident.Kind, in place: Int) {
        var service = facts.services[place]
        var window = service.series.window
        let mean = Double(service.series.history.reduce(0, +)) / Double(service.series.history.count)
        switch kind {
        case .burst:
            let (start, hours) = (Int(random.next() % 22), 1 + Int(random.next() % 3))
            for hour in start..<min(24, start + hours) {
                window[hour] += poisson(40 + mean * (2.5 + 6 * uniform()))
            }
        case .slowLeak:
            // It grows from nothing over the day, to three to six times what is usual.
            let top = 12 + mean * (3 + 3 * uniform())
            for hour in 0..<24 { window[hour] += poisson(top * Double(hour + 1) / 24) }
        case .critical:
            service.critical += 15 + Int64(uniform() * 60)
        default:
            let count = 1_100 + Int64(uniform() * 4_000)
            window = window.map { $0 + count / 24 }
            facts.groups.append(AnalysisFacts.Group(id: 9_000 + Int64(place), service: service.name, count: count))
        }
        service.series = SpikeRule.Series(history: service.series.history, window: window, stepsPerDay: 24)
        facts.services[place] = service
    }

    // MARK: Chance

    private mutating func uniform() -> Double { Double(random.next() >> 11) / Double(1 << 53) }

    private func pow(_ base: Double, _ exponent: Double) -> Double {
        exp(exponent * 2.302_585_092_994_046 * log10(base))
    }
    private func log10(_ value: Double) -> Double { value == 10 ? 1 : 0 }

    private func exp(_ value: Double) -> Double {
        // The series of a small part, squared.
        let part = value / 1024
        var power = 1 + part + part * part / 2 + part * part * part / 6
        for _ in 0..<10 { power *= power }
        return power
    }

    /// Of a part of a turn.
    private func cosine(_ turns: Double) -> Double {
        let place = (turns - turns.rounded(.down)) * 4
        let parabola = place < 2 ? 1 - (place - 1) * (place - 1) : (place - 3) * (place - 3) - 1
        return parabola
    }

    /// With a mean of about 1: the sum of twelve uniform numbers is nearly normal.
    private mutating func lognormal(_ deviation: Double) -> Double {
        let normal = (0..<12).reduce(-6.0) { sum, _ in sum + uniform() }
        return exp(deviation * normal - deviation * deviation / 2)
    }

    private mutating func poisson(_ mean: Double) -> Int64 {
        if mean > 60 {
            let normal = (0..<12).reduce(-6.0) { sum, _ in sum + uniform() }
            return Int64(max(0, mean + mean.squareRoot() * normal))
        }
        let limit = exp(-mean)
        var (product, count) = (uniform(), Int64(0))
        while product > limit {
            product *= uniform()
            count += 1
        }
        return count
    }
}

extension Anomaly {
    /// The service, queue, breaker or transaction.
    var subject: String { service ?? queue ?? breaker ?? transaction ?? "" }
}

/// How well planted incidents are found.
struct AnalysisAccuracy {
    struct Score {
        var planted = 0
        var found = 0
        var told = 0
        var right = 0
        var precision: Double { told == 0 ? 1 : Double(right) / Double(told) }
        var recall: Double { planted == 0 ? 1 : Double(found) / Double(planted) }
    }

    private(set) var all = Score()
    private(set) var kinds: [AnomalyKind: Score] = [:]

    /// A telling is right where something was planted in its subject; an incident is found where its subject is told of by
    /// its own kind.
    mutating func add(_ day: SyntheticDays, limits: AnalysisLimits = AnalysisLimits()) {
        let anomalies = Analyst(limits: limits).anomalies(in: day.facts)
        for incident in Set(day.incidents) {
            let isFound = anomalies.contains { $0.kind == incident.expected && $0.subject == incident.subject }
            all.planted += 1
            kinds[incident.expected, default: Score()].planted += 1
            if isFound {
                all.found += 1
                kinds[incident.expected, default: Score()].found += 1
            }
        }
        let planted = Set(day.incidents.map(\.subject))
        // A spike that is over for an hour and begins again is one.
        for (kind, subject) in Set(anomalies.map { Told(kind: $0.kind, subject: $0.subject) }).map({
            ($0.kind, $0.subject)
        }) {
            all.told += 1
            kinds[kind, default: Score()].told += 1
            if planted.contains(subject) {
                all.right += 1
                kinds[kind, default: Score()].right += 1
            }
        }
    }

    private struct Told: Hashable {
        let kind: AnomalyKind
        let subject: String
    }

    var report: String {
        var lines = ["kind                  planted  found  told  right  precision  recall"]
        for (name, score) in kinds.sorted(by: { $0.key.rawValue < $1.key.rawValue }).map({ ($0.key.rawValue, $0.value) }
        )
            + [("all", all)]
        {
            let numbers = [score.planted, score.found, score.told, score.right].map { Self.padded("\($0)", 6) }
            lines.append(
                name + String(repeating: " ", count: 22 - name.count) + numbers.joined(separator: " ")
                    + Self.padded("\(score.precision.rounded(to: 3))", 10)
                    + Self.padded("\(score.recall.rounded(to: 3))", 9))
        }
        return lines.joined(separator: "\n")
    }

    private static func padded(_ text: String, _ width: Int) -> String {
        String(repeating: " ", count: max(0, width - text.count)) + text
    }
}
