import Foundation
import MendProtocol
import Testing

@testable import MendEngine

@Suite("Anomalies")
struct AnalystTests {
    /// The method was made by looking at days of seeds from 1 to 999; these are others.
    private static let testSeeds: ClosedRange<UInt64> = 500_001...(isPrinted ? 501_000 : 500_080)
    private static let isPrinted = ProcessInfo.processInfo.environment["MEND_ACCURACY"] != nil

    @Test("of planted incidents on synthetic days at least 95 of 100 are found, and 95 of 100 tellings are right")
    func accuracy() {
        var accuracy = AnalysisAccuracy()
        for seed in Self.testSeeds { accuracy.add(SyntheticDays(seed: seed, incidents: 4)) }
        if Self.isPrinted {
            print("synthetic days of seeds \(Self.testSeeds.lowerBound) to \(Self.testSeeds.upperBound):")
            print(accuracy.report)
        }
        #expect(accuracy.all.planted > 250)
        #expect(accuracy.all.precision >= 0.95)
        #expect(accuracy.all.recall >= 0.95)
        for (kind, score) in accuracy.kinds {
            #expect(score.precision >= 0.95, "\(kind)")
            #expect(score.recall >= 0.95, "\(kind)")
        }
    }

    @Test("thirty quiet days have no anomaly")
    func quiet() {
        var anomalies: [Anomaly] = []
        for seed in UInt64(700_001)...700_030 {
            anomalies += Analyst(limits: AnalysisLimits()).anomalies(in: SyntheticDays(seed: seed, incidents: 0).facts)
        }
        if Self.isPrinted {
            print("anomalies on 30 quiet days: \(anomalies.count)")
        }
        #expect(anomalies.map(\.why) == [])
    }

    /// For looking at while the method is changed.
    @Test("days of other seeds", .enabled(if: ProcessInfo.processInfo.environment["MEND_TUNING"] != nil))
    func tuning() {
        var accuracy = AnalysisAccuracy()
        for seed in UInt64(1)...200 {
            let day = SyntheticDays(seed: seed, incidents: 4)
            accuracy.add(day)
            let anomalies = Analyst(limits: AnalysisLimits()).anomalies(in: day.facts)
            for incident in day.incidents
            where !anomalies.contains(where: { $0.kind == incident.expected && $0.subject == incident.subject }) {
                let series = day.facts.services.first { $0.name == incident.subject }?.series
                print("missed", seed, incident, series?.window ?? [], series?.history.suffix(48) ?? [])
            }
            let planted = Set(day.incidents.map(\.subject))
            for anomaly in anomalies where !planted.contains(anomaly.subject) { print("false", seed, anomaly.why) }
        }
        print(accuracy.report)
        var quiet = 0
        for seed in UInt64(2_001)...2_200 {
            let found = Analyst(limits: AnalysisLimits()).anomalies(in: SyntheticDays(seed: seed, incidents: 0).facts)
            quiet += found.count
            for anomaly in found { print("quiet", seed, anomaly.why) }
        }
        print("on 200 quiet days: \(quiet)")
    }

    // MARK: One rule at a time

    private static func series(_ history: [Int64], _ window: [Int64]) -> SpikeRule.Series {
        SpikeRule.Series(history: history, window: window, stepsPerDay: 24)
    }

    private static func day(_ count: Int64) -> [Int64] { Array(repeating: count, count: 24) }

    @Test("a quiet service's few reports are no spike, many are")
    func quietService() {
        let history = Array(repeating: Int64(0), count: 24 * 14)
        var window = Self.day(0)
        window[3] = 18
        #expect(SpikeRule().spikes(in: Self.series(history, window)) == [])
        window[3] = 60
        let spikes = SpikeRule().spikes(in: Self.series(history, window))
        #expect(spikes.map(\.steps) == [3..<4])
        #expect(spikes.first?.count == 60)
        #expect(spikes.first?.baseline == 0)
        #expect(spikes.first?.bound == 20)
    }

    @Test("what happens every day at this time is ordinary, at another time it is a spike")
    func rhythm() {
        var usual = Self.day(5)
        usual[9] = 400
        let history = (0..<14).flatMap { _ in usual }
        #expect(SpikeRule().spikes(in: Self.series(history, usual)) == [])
        // As high as every day, but not at the usual time: a habit, too.
        #expect(SpikeRule().spikes(in: Self.series(history, usual.reversed())) == [])
        var higher = Self.day(5)
        higher[15] = 900
        #expect(SpikeRule().spikes(in: Self.series(history, higher)).map(\.steps) == [15..<16])
    }

    @Test("what happens once a week is ordinary")
    func weekly() {
        var weekly = Self.day(5)
        weekly[9] = 400
        let week = weekly + (0..<6).flatMap { _ in Self.day(5) }
        #expect(SpikeRule().spikes(in: Self.series(week + week, weekly)) == [])
        #expect(SpikeRule().spikes(in: Self.series(week + week, Self.day(5))) == [])
    }

    @Test("an incident of the past does not hide the next one")
    func past() {
        var incident = Self.day(5)
        incident[9] = 400
        let history = (0..<10).flatMap { $0 == 4 ? incident : Self.day(5) }
        #expect(SpikeRule().spikes(in: Self.series(history, incident)).count == 1)
    }

    @Test("a slow growth that stands out of no hour is found in the whole")
    func leak() {
        let history = (0..<14).flatMap { _ in Self.day(40) }
        let window = (0..<24).map { Int64(50 + 2 * $0) }
        let spikes = SpikeRule().spikes(in: Self.series(history, window))
        #expect(spikes.map(\.isWholeWindow) == [true])
        #expect(spikes.first?.baseline == 960)
    }

    @Test("without a history nothing is a spike")
    func noHistory() {
        #expect(SpikeRule().spikes(in: Self.series([], Self.day(500))) == [])
        #expect(SpikeRule().spikes(in: Self.series([1, 2], Self.day(500))) == [])
    }

    @Test("a share counts where it is above its limit for certain")
    func shares() {
        #expect(Proportion(count: 0, total: 0).lowerBound == 0)
        #expect(Proportion(count: 1, total: 1).lowerBound < 0.2)
        #expect(Proportion(count: 100, total: 100).lowerBound > 0.9)
        #expect(abs(Proportion(count: 5_000, total: 10_000).lowerBound - 0.488) < 0.001)
    }

    @Test("thresholds by call come before those of the configuration")
    func thresholds() {
        var facts = AnalysisFacts(since: 0, until: 1, stepsSince: 0, stepMs: 1)
        facts.groups = [AnalysisFacts.Group(id: 7, service: "web", count: 50)]
        facts.outcomes = [
            OutcomeKey(kind: .failed, name: "mail"): 12, OutcomeKey(kind: .completed, name: "mail"): 100,
        ]
        #expect(Analyst(limits: AnalysisLimits()).anomalies(in: facts) == [])
        var said = AnalysisThresholds()
        said.specificErrorCount = Count(50)
        said.errorRate = Share(0.05)
        let found = Analyst(limits: AnalysisLimits().with(said)).anomalies(in: facts)
        #expect(found.map(\.kind) == [.highRate, .frequentError])
        #expect(found.map(\.queue) == ["mail", nil])
        #expect(found.last?.groups == [7])
        #expect(found.first?.why == "12 of 112 attempts on queue mail failed, 10.7 %: above 5.0 %, and not by chance")
    }

    @Test(
        "a command in a recommendation quotes what a reporter chose",
        arguments: [
            ("web", "web"), ("-rf", "'-rf'"), ("a b", "'a b'"), ("a'; rm -rf /; '", "'a'\\''; rm -rf /; '\\'''"),
            ("", "''"),
            ("a\nb", "'ab'"),
        ])
    func quoting(name: String, word: String) {
        #expect(name.shellWord == word)
    }
}
