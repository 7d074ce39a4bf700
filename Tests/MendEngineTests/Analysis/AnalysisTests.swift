import GRDB
import MendProtocol
import Testing

@testable import MendEngine

@Suite("error.analysis")
struct AnalysisTests {
    private static func engine() throws -> TestEngine {
        let t = try TestEngine()
        t.wait(86_400_000 - t.clock.wallMs % 86_400_000)
        try t.commit()
        return t
    }

    private static func report(
        _ t: TestEngine, _ service: String, _ message: String = "it failed", times: Int = 1,
        _ change: (inout Errors.Report) -> Void = { _ in }
    ) throws {
        var report = Errors.Report(message: message)
        report.service = service
        change(&report)
        for _ in 0..<times { t.send(report) }
        try t.commit()
    }

    private static func analyse(
        _ t: TestEngine, _ change: (inout Errors.Analysis) -> Void = { _ in }
    ) throws -> Errors.Analysis.Answer {
        var call = Errors.Analysis()
        change(&call)
        return try t.call(call)
    }

    @Test("totals, distributions and groups are of all reports of the window, the sampled ones included")
    func totals() throws {
        let t = try Self.engine()
        try Self.report(t, "web", times: 150) { $0.code = "x" }
        try Self.report(t, "db", "no space left", times: 3) { $0.severity = .critical }
        try t.pass(7_200_000)
        try Self.report(t, "web", times: 50) { $0.code = "x" }
        try t.pass(60_000)
        let answer = try Self.analyse(t)
        #expect(answer.reports == 203)
        #expect(answer.stepMs == 3_600_000)
        #expect(answer.series.count == 24)
        #expect(answer.series.suffix(3) == [153, 0, 50])
        #expect(answer.services.map(\.name) == ["web", "db"])
        #expect(answer.services.first?.series?.suffix(3) == [150, 0, 50])
        #expect(answer.codes == [ReportCount(name: "x", count: 200)])
        #expect(answer.severities.map(\.count) == [200, 3])
        #expect(answer.groups.map(\.count) == [200, 3])
        #expect(answer.groups.last?.title == "no space left")
        #expect(answer.groups.first?.lastSeenAt == t.now.wallMs - 60_000)
        #expect(answer.lumped == nil)
    }

    @Test("each filter leaves what matches it, and then successes are not compared")
    func filters() throws {
        let t = try Self.engine()
        try Self.report(t, "web", times: 5) { $0.code = "x" }
        try Self.report(t, "db", times: 3) { $0.severity = .critical }
        #expect(try Self.analyse(t) { $0.service = "db" }.reports == 3)
        #expect(try Self.analyse(t) { $0.code = "x" }.reports == 5)
        #expect(try Self.analyse(t) { $0.severity = .critical }.reports == 3)
        #expect(try Self.analyse(t) { $0.group = 1 }.reports == 5)
        #expect(try Self.analyse(t) { $0.category = .inventory }.reports == 0)
        #expect(try Self.analyse(t) { $0.service = "db" }.errorRate == nil)
        #expect(try Self.analyse(t).errorRate == 1)
    }

    @Test("what was counted of a group is told of the one that it was merged into")
    func merged() throws {
        let t = try Self.engine()
        try Self.report(t, "web", "red", times: 3)
        try Self.report(t, "web", "no space left", times: 2)
        try t.call(Group.Merge(group: 1, groups: [2]), as: .root)
        let answer = try Self.analyse(t)
        #expect(answer.groups.map(\.group) == [1])
        #expect(answer.groups.map(\.count) == [5])
        #expect(try Self.analyse(t) { $0.group = 1 }.reports == 5)
    }

    @Test("a window is in whole steps, by minutes or by hours, and counts no report twice")
    func windows() throws {
        let t = try Self.engine()
        for _ in 0..<60 {
            try Self.report(t, "web")
            try t.pass(3_600_000)
        }
        for (ms, step, reports) in [
            (600_000, 60_000, 0), (3_600_000, 180_000, 0), (43_200_000, 1_800_000, 11), (86_400_000, 3_600_000, 23),
            (172_800_000, 7_200_000, 46), (30 * 86_400_000, 2 * 86_400_000, 60),
        ] as [(Int64, Int64, Int64)] {
            let answer = try Self.analyse(t) { $0.windowMs = PositiveMilliseconds(ms) }
            #expect(answer.stepMs == step)
            #expect(answer.reports == reports, "\(ms)")
            #expect(answer.series.count <= 24)
        }
        // Three days ago there are hours only.
        let old = try Self.analyse(t) {
            $0.since = Timestamp(t.now.wallMs - 55 * 3_600_000)
            $0.until = Timestamp(t.now.wallMs - 54 * 3_600_000)
        }
        #expect((old.stepMs, old.reports) == (3_600_000, 1))
    }

    @Test("a window that ends before it begins, or is given twice, is refused")
    func mistakes() throws {
        let t = try Self.engine()
        #expect(throws: CallError.self) { try Self.analyse(t) { $0.since = Timestamp(t.now.wallMs + 1) } }
        #expect(throws: CallError.self) {
            try Self.analyse(t) {
                $0.since = Timestamp(1)
                $0.windowMs = PositiveMilliseconds(1)
            }
        }
    }

    @Test("a spike is told with its hour, its baseline, its groups, and the command that shows it")
    func spike() throws {
        let t = try Self.engine()
        for _ in 0..<(24 * 6) {
            try Self.report(t, "web", times: 2)
            try t.pass(3_600_000)
        }
        #expect(try Self.analyse(t).anomalies == [])
        let at = t.now.wallMs
        try Self.report(t, "web", "another", times: 300)
        try t.pass(600_000)
        let answer = try Self.analyse(t)
        let anomaly = try #require(answer.anomalies.first)
        #expect(answer.anomalies.count == 1)
        #expect(anomaly.kind == .spike)
        #expect(anomaly.service == "web")
        #expect((anomaly.count, anomaly.baseline, anomaly.from) == (300, 2, at))
        #expect(anomaly.groups == [2, 1])
        #expect(answer.recommendations.map(\.command) == ["mend error list --service web --since @\(at / 1000)"])
        #expect(answer.historyMs > 4 * 86_400_000)
        #expect(
            try Self.analyse(t) {
                var thresholds = AnalysisThresholds()
                thresholds.spikeCount = Count(500)
                $0.thresholds = thresholds
            }.anomalies == [])
    }

    @Test("what fails on queues and behind breakers, and what is not recovered, is a share of what the host knows")
    func rates() throws {
        let t = try Self.engine()
        for number in 0..<40 {
            try t.enqueue(.mail, "1")
            let leased = try t.takeOne()
            if number % 4 == 0 { try t.complete(leased) } else { try t.fail(leased, .validation) }
        }
        try t.pass(60_000)
        let answer = try Self.analyse(t)
        #expect(answer.successes == 10)
        #expect(answer.errorRate == 0.75)
        #expect(Set(answer.anomalies.map(\.kind)) == [.highRate, .recoveryFailure])
        #expect(answer.anomalies.map(\.queue) == ["mail", "mail"])
        #expect(answer.anomalies.map(\.total) == [40, 40])
        #expect(
            answer.recommendations.map(\.command) == ["mend queue list mail --state dead", "mend explain queue:mail"])
    }
}
