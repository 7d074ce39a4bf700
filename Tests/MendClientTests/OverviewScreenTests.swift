import MendClient
import MendProtocol
import MendWire
import Testing

@testable import mend

@Suite("The screen about the whole host")
struct OverviewScreenTests {
    /// 2026-01-02 12:00:00 UTC.
    private static let nowMs: Int64 = 1_767_355_200_000

    private func status(_ more: String = "", answered: Int = 10, startedAt: Int64 = 1000) throws -> JSONValue {
        try value(
            """
            {"version":"1.2.3","instance":"i","started_at":\(startedAt),"uptime_ms":11520000,"connections":4,
            "calls":{"answered":\(answered),"failed":2,"notifications_failed":0,"commits":5},
            "operations":{"held":0,"scheduled":0,"ready":3,"parked":0,"leased":1,"done":\(answered),"dead":2,
            "cancelled":0,"expired":0},
            "queues":5,"breakers":{"closed":20,"open":1},"transactions":{"parked":1},
            "errors":{"reports":12,"groups":3}\(more)}
            """)
    }

    private func value(_ json: String) throws -> JSONValue { try JSONDocument(parsing: json).root }

    private static func list(_ count: Int, _ item: (Int) -> String) -> String {
        "[" + (0..<count).map(item).joined(separator: ",") + "]"
    }

    private func screen(width: Int? = nil, hasColour: Bool = false) -> Screen {
        Screen(hasColour: hasColour, width: width, clock: WallClock(nowMs: Self.nowMs, isUTC: true))
    }

    private func breakers(_ state: String, _ count: Int) throws -> JSONValue {
        let settings = try WireEncoder.text(of: BreakerSettings())
        let items = Self.list(count) {
            """
            {"breaker":"\(state)-\($0)","state":"\(state)","since_at":\(Self.nowMs - 60_000),"consecutive_failures":0,
            "window_calls":9,"window_failures":5,"permits":0,"denied":0,"abandoned":0,"settings":\(settings)}
            """
        }
        return try value("{\"breakers\":\(items)}")
    }

    /// One that has everything, and more of it than is shown.
    private func full() throws -> Overview {
        var overview = Overview(atMs: Self.nowMs)
        overview.add(try value(#"{"status":"ok","problems":[]}"#), for: .health)
        overview.add(try status(), for: .status)
        overview.add(try breakers("open", 1), for: .breakers(.open))
        overview.add(try breakers("closed", 8), for: .breakers(.closed))
        for state: BreakerState in [.forcedOpen, .halfOpen, .disabled] {
            overview.add(try breakers(state.rawValue, 0), for: .breakers(state))
        }
        let transactions = Self.list(1) { _ in
            """
            {"transaction":3,"name":"deploy","state":"parked","uid":0,"steps":2,"begun_at":\(Self.nowMs - 3_600_000),
            "reason":"an undo is stuck"}
            """
        }
        overview.add(try value("{\"transactions\":\(transactions)}"), for: .parked)
        return overview
    }

    @Test("what is not closed comes first, and what is left out is counted")
    func breakersFirst() throws {
        var screen = screen()
        try OverviewScreen(full()).show(on: &screen)
        #expect(
            screen.shown == """
                health        ok
                daemon        mendd 1.2.3, up 3h 12m
                connections   4
                calls         answered 10, failed 2, commits 5
                operations    ready 3, leased 1, done 10, dead 2 in 5 queues
                breakers      closed 20, open 1
                transactions  parked 1
                errors        12 reports in 3 groups

                BREAKER   STATE   SINCE   TRIES AGAIN  FAILED
                open-0    open    1m ago  -            5 of 9
                closed-0  closed  1m ago  -            5 of 9
                closed-1  closed  1m ago  -            5 of 9
                closed-2  closed  1m ago  -            5 of 9
                closed-3  closed  1m ago  -            5 of 9
                closed-4  closed  1m ago  -            5 of 9
                closed-5  closed  1m ago  -            5 of 9
                closed-6  closed  1m ago  -            5 of 9
                and 13 more: `mend breaker list`

                PARKED  TRANSACTION  BEGUN   REASON
                     3  deploy       1h ago  an undo is stuck

                dead letters: see `mend queue list --state dead`
                open breakers: see `mend breaker list`
                parked transactions: see `mend txn list --state parked`

                """)
    }

    @Test(
        "the queues that are worst come first, and it is said where not all were looked at", arguments: [false, true])
    func queuesFirst(isPart: Bool) throws {
        let settings = try WireEncoder.text(of: QueueSettings(maxSize: 9, leaseMs: 1, poisonLosses: 1))
        // Few live ones, live ones, paused, parked, dead letters: by name the worst is last.
        let counts = ["", #""ready":9"#, "", #""parked":1"#, #""dead":1"#]
        let zeros =
            #""held":0,"scheduled":0,"ready":0,"parked":0,"leased":0,"done":0,"dead":0,"cancelled":0,"expired":0"#
        let queues = Self.list(counts.count) { place in
            let name = counts[place].prefix { $0 != ":" }
            let counted = zeros.split(separator: ",").map {
                $0.hasPrefix("\(name):") && !name.isEmpty ? counts[place] : String($0)
            }
            return """
                {"queue":"q\(place)","paused":\(place == 2),"counts":{\(counted.joined(separator: ","))},
                "settings":\(settings)}
                """
        }
        var overview = Overview(atMs: Self.nowMs)
        overview.add(try status(), for: .status)
        overview.add(try value("{\"queues\":\(queues)\(isPart ? #","next":"q4""# : "")}"), for: .queues)
        var screen = screen()
        try OverviewScreen(overview).show(on: &screen, lines: 16)
        let lines = screen.shown.split(separator: "\n").map { $0.prefix { $0 != " " } }
        #expect(lines.filter { $0.hasPrefix("q") } == ["q4", "q3"])
        #expect(screen.shown.contains("(these are the worst of the first 5 by name)") == isPart)
        #expect(!isPart || screen.shown.contains("`mend queue stats --all`"))
    }

    @Test("it fits any terminal", arguments: [(80, 24), (40, 10), (120, 50), (20, 5), (3, 1)])
    func fits(width: Int, lines: Int) throws {
        for hasColour in [false, true] {
            var screen = screen(width: width, hasColour: hasColour)
            try OverviewScreen(full()).show(on: &screen, lines: lines, isCut: true)
            let plain = screen.shown.replacing(/\u{1B}\[[0-9;]*m/, with: "")
            let shown = plain.split(separator: "\n", omittingEmptySubsequences: false).dropLast()
            #expect(shown.count <= lines && !shown.isEmpty)
            #expect(shown.allSatisfy { $0.count <= width }, "\(plain)")
        }
    }

    @Test("with fewer lines tables become shorter before anything is left out")
    func shorter() throws {
        var screen = screen()
        try OverviewScreen(full()).show(on: &screen, lines: 23)
        #expect(screen.shown.split(separator: "\n", omittingEmptySubsequences: false).count == 24)
        #expect(screen.shown.contains("and 16 more: `mend breaker list`"))
        #expect(screen.shown.hasSuffix("`mend txn list --state parked`\n"))
    }

    @Test("of what a daemon does not answer the reason is said once, and the health's own not again")
    func refused() throws {
        var overview = Overview(atMs: Self.nowMs)
        let health = #"{"status":"degraded","problems":[{"message":"it is damaged","hint":"restore it"}]}"#
        overview.add(try value(health), for: .health)
        let call = CallError(.unavailable, "the daemon cannot work: it is damaged")
        for part: Overview.Part in [.status, .breakers(.open), .breakers(.closed), .queues] {
            overview.add(refusal: .failed(FailedCall(call)), for: part)
        }
        overview.add(refusal: .failed(FailedCall(CallError(.internalError, "a bug"))), for: .errors)
        var screen = screen()
        try OverviewScreen(overview).show(on: &screen)
        #expect(
            screen.shown == """
                health        degraded
                              it is damaged
                hint          restore it
                not answered  status, breakers, queues: not as long as this lasts
                not answered  errors: a bug

                """)
        #expect(!overview.isHealthy && overview.exitStatus == .failed)
    }

    @Test("programs get all parts on one line, lists whole or not at all, and why something is not there")
    func json() throws {
        var overview = try full()
        overview.add(refusal: .failed(FailedCall(CallError(.internalError, "a bug"))), for: .queues)
        let text = overview.json()
        #expect(!text.contains("\n"))
        let all = try JSONDocument(parsing: text).root
        #expect(
            all.members.map { $0.name } == ["at", "health", "status", "breakers", "parked", "refused"])
        #expect(all["breakers"]?.elements.map { $0["breaker"]?.stringValue }.first == "open-0")
        #expect(all["breakers"]?.count == 9)
        #expect(all["refused"]?["queues"]?["data"]?["reason"]?.stringValue == "internal_error")
        overview.add(refusal: .failed(FailedCall(CallError(.internalError, "a bug"))), for: .breakers(.halfOpen))
        #expect(try JSONDocument(parsing: overview.json()).root["refused"]?.count == 2)
    }

    @Test("rates are what has changed in a second; of another run of the daemon there are none")
    func rates() throws {
        func answer(_ value: JSONValue) throws -> System.Status.Answer { try System.Status.answer(from: value) }
        let before = try answer(status(answered: 10))
        let rates = try #require(OverviewRates(from: before, to: answer(status(answered: 35)), elapsedMs: 2000))
        #expect(
            rates.text
                == "calls 12.5, failed 0, commits 0, reports 0; operations live 0, done +12.5, dead 0")
        let back = OverviewRates(from: before, to: try answer(status(answered: 9)), elapsedMs: 2000)
        #expect(back?.text.contains("done -0.5,") == true)
        #expect(OverviewRates(from: before, to: try answer(status(startedAt: 2000)), elapsedMs: 2000) == nil)
        #expect(OverviewRates(from: before, to: before, elapsedMs: 0) == nil)
    }

    @Test("a frame is drawn over the last one, and nothing of that stays")
    func frame() {
        #expect(FullScreen.frame("a\n\nb\n") == "\u{1B}[Ha\u{1B}[K\n\u{1B}[K\nb\u{1B}[K\u{1B}[J")
    }

    @Test("colour is for terminals that have it, and people who want it")
    func colour() {
        func hasColour(_ isTerminal: Bool, _ environment: [String: String]) -> Bool {
            Screen.hasColour(isTerminal: isTerminal) { environment[$0] }
        }
        #expect(hasColour(true, ["TERM": "xterm"]))
        #expect(hasColour(true, ["TERM": "xterm", "NO_COLOR": ""]))
        #expect(!hasColour(false, ["TERM": "xterm"]))
        #expect(!hasColour(true, ["TERM": "xterm", "NO_COLOR": "1"]))
        #expect(!hasColour(true, ["TERM": "dumb"]))
        #expect(!hasColour(true, [:]))
    }
}
