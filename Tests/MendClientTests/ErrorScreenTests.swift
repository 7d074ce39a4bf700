import MendProtocol
import MendWire
import Testing

@testable import mend

@Suite("The screens about errors")
struct ErrorScreenTests {
    /// 2026-01-02 12:00:00 UTC.
    private static let clock = WallClock(nowMs: 1_767_355_200_000, isUTC: true)

    private func screen(width: Int? = nil) -> Screen { Screen(hasColour: false, width: width, clock: Self.clock) }

    private func answer<Answer: Decodable>(_ json: String) throws -> Answer {
        try WireDecoder.decode(Answer.self, from: JSONDocument(parsing: json).root)
    }

    @Test("the summary shows where, what, which groups, what is unusual and what to run")
    func summary() throws {
        let analysis: Errors.Analysis.Answer = try answer(
            """
            {"since_at":1767268800000,"until_at":1767355200000,"step_ms":3600000,"reports":1240,"per_minute":0.861,
            "successes":39000,"error_rate":0.0308,"series":[0,1,2,4,8],
            "categories":[{"name":"dependency","count":1200},{"name":"validation","count":40}],
            "severities":[{"name":"high","count":1200},{"name":"low","count":40}],
            "services":[{"name":"web","count":1200,"series":[0,1,2,4,8]},{"name":"","count":40,"series":[0,0,0,0,0]}],
            "codes":[],"groups":[{"group":7,"service":"web","title":"connect to <*> refused","count":1200,
            "first_seen_at":1767268800000,"last_seen_at":1767355020000}],
            "anomalies":[{"kind":"spike","service":"web","from_at":1767348000000,"until_at":1767355200000,"count":900,
            "baseline":10,"bound":30,"groups":[7],"why":"900 reports of web"}],
            "recommendations":[{"text":"See what web reports.","command":"mend error list --service web"}],
            "history_ms":0,"thresholds":{}}
            """)
        var screen = screen()
        AnalysisScreen(analysis).show(on: &screen)
        #expect(
            screen.shown == """
                2026-01-01 12:00:00 to 12:00:00: 1240 reports, 0.861 a minute; 39000 successes known, 3.1 % failed

                SERVICE   REPORTS  EACH 1H
                web          1200  ·▁▂▄█
                (others)       40  ·····
                all          1240  ·▁▂▄█

                severity  high 1200, low 40
                category  dependency 1200, validation 40

                GROUP  REPORTS  LAST SEEN  SERVICE  MESSAGE
                    7     1200  3m ago     web      connect to <*> refused

                UNUSUAL  SINCE     WHY
                spike    10:00:00  900 reports of web

                See what web reports.
                    mend error list --service web

                """)
    }

    @Test("a day without reports is one line")
    func nothing() throws {
        let analysis: Errors.Analysis.Answer = try answer(
            """
            {"since_at":1767268800000,"until_at":1767355200000,"step_ms":3600000,"reports":0,"per_minute":0,"series":[],
            "categories":[],"severities":[],"services":[],"codes":[],"groups":[],"anomalies":[],"recommendations":[],
            "history_ms":0,"thresholds":{}}
            """)
        var screen = screen()
        AnalysisScreen(analysis).show(on: &screen)
        #expect(screen.shown == "2026-01-01 12:00:00 to 12:00:00: nothing was reported\n")
    }

    private static func report(stack: String, stderr: String = #""one""#) -> String {
        """
        {"error":17,"group":2,"service":"web","message":"it\\nfailed","code":"x","category":"system","severity":"high",
        "strategy":"retry","why":"errno.EIO","uid":1000,"pid":42,"command":"curl",
        "details":{"action":"get","stack":\(stack),"context":{"n":1.10},"stderr":\(stderr)},
        "occurred_at":1767355200000,"reported_at":1767355200000}
        """
    }

    @Test("a report is shown with its details, its stack folded after the first frames, stderr before the last lines")
    func folded() throws {
        let frames = "[" + (1...9).map { "\"at f\($0)\"" }.joined(separator: ",") + "]"
        let report: StoredReport = try answer(Self.report(stack: frames, stderr: #""1\n2\n3\n4\n5\n6\n7\u001b[31m""#))
        var screen = screen()
        ReportScreen(report, isFull: false).show(on: &screen)
        #expect(
            screen.shown == """
                error     17 in group 2
                message   it failed
                service   web
                code      x
                type      -
                task      -
                category  system
                severity  high
                strategy  retry
                why       errno.EIO
                occurred  12:00:00 (now)
                reported  12:00:00 (now)
                by        curl, pid 42, uid 1000
                unit      -
                action    get
                context   {"n":1.10}

                stack
                    at f1
                    at f2
                    at f3
                    at f4
                    at f5
                    … 4 more: --full shows them

                stderr
                    … 2 more: --full shows them
                    3
                    4
                    5
                    6
                    7\u{FFFD}[31m

                """)
    }

    @Test("--full shows the whole stack, and a short one is never folded")
    func full() throws {
        let long = #""\#((1...9).map { "at f\($0)" }.joined(separator: "\\n"))""#
        let report: StoredReport = try answer(Self.report(stack: long))
        var screen = screen()
        ReportScreen(report, isFull: true).show(on: &screen)
        #expect(screen.shown.contains("    at f9\n"))
        #expect(!screen.shown.contains("--full"))
        var short = self.screen()
        let six: StoredReport = try answer(Self.report(stack: #""1\n2\n3\n4\n5\n6""#))
        ReportScreen(six, isFull: false).show(on: &short)
        #expect(short.shown.contains("    6\n"))
    }

    @Test("a sparkline tells nothing from little, and is as high as its largest")
    func sparkline() {
        #expect(Sparkline.text([]) == "")
        #expect(Sparkline.text([0, 0]) == "··")
        #expect(Sparkline.text([0, 1, 1_000]) == "·▁█")
        #expect(Sparkline.text([1, 2, 3, 4, 5, 6, 7, 8]) == "▁▂▃▄▅▆▇█")
    }
}
