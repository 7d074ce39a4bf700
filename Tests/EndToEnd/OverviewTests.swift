import Foundation
import Testing

@Suite("The host at a glance")
struct OverviewTests {
    private func mend(_ socket: String, _ words: String...) throws -> Child {
        try Child([Package.program("mend")] + words, environment: ["MEND_SOCKET": socket])
    }

    @Test("status shows what needs somebody on one screen, and for programs all of it in one object on one line")
    func status() throws {
        let daemon = try Daemon()
        let client = try daemon.connect()
        _ = try client.result("breaker.force", #"{"breaker":"billing","state":"forced_open"}"#)
        _ = try client.result("queue.enqueue", #"{"queue":"emails","payload":1}"#)
        let lease = try #require(
            try client.result("queue.lease", #"{"queues":["emails"]}"#)["operations"][0]["lease"].int)
        let error = #"{"message":"no such address","category":"validation"}"#
        _ = try client.result("queue.fail", #"{"operation":1,"lease":\#(lease),"error":\#(error)}"#)
        let child = try mend(daemon.socket, "status")
        #expect(try child.waitForEnd() == .exited(0))
        for text in [
            "health        ok\n", "\nbilling  forced_open  ", "\nemails      0       0        0       0     1  -\n",
            "no such address\n", "\ndead letters: see `mend queue list --state dead`\n",
        ] { #expect(child.outputText.contains(text), "\(text) in \(child.outputText)") }

        let json = try mend(daemon.socket, "status", "--json")
        try json.waitForEnd()
        #expect(json.outputText.filter { $0 == "\n" }.count == 1)
        let all = try JSON(json.outputText)
        #expect(all["health"]["status"] == "ok" && all["status"]["operations"]["dead"] == 1)
        #expect(all["breakers"][0]["breaker"] == "billing" && all["queues"][0]["queue"] == "emails")
        #expect(all["dead_letters"][0]["operation"] == 1 && all["errors"]["reports"] == 1)
        #expect(all["parked"] == [] && all["refused"] == nil)

        let quiet = try mend(daemon.socket, "status", "--quiet")
        #expect(try quiet.waitForEnd() == .exited(0))
        #expect(quiet.outputText + quiet.errorText == "")
        let raw = try mend(daemon.socket, "system", "status", "--json")
        try raw.waitForEnd()
        #expect(try JSON(raw.outputText)["operations"]["dead"] == 1)
    }

    @Test(
        "of a degraded daemon status shows why and what to do, and ends with 1",
        .enabled(if: Tool.isInstalled("systemd-socket-activate"), "needs systemd-socket-activate"))
    func degraded() throws {
        let place = try TemporaryDirectory()
        try place.write("queue: {max_sise: 10}", to: "mend.yaml")
        let activated = try Activated(in: place)
        let child = try mend(activated.socket, "status")
        #expect(try child.waitForEnd() == .exited(1))
        #expect(child.errorText == "")
        for text in ["health        degraded\n", "did you mean queue.max_size?", "\nhint  ", "\ndaemon        mendd "] {
            #expect(child.outputText.contains(text), "\(text) in \(child.outputText)")
        }
        let said = child.outputText.split(separator: "\n").last
        #expect(said?.hasPrefix("not answered  status, breakers, queues, parked, errors: ") == true)
        let json = try mend(activated.socket, "status", "--json")
        #expect(try json.waitForEnd() == .exited(1))
        let all = try JSON(json.outputText)
        #expect(all["health"]["status"] == "degraded" && all["status"] == nil)
        #expect(all["refused"]["status"]["data"]["reason"] == "unavailable")
        let quiet = try mend(activated.socket, "status", "--quiet")
        #expect(try quiet.waitForEnd() == .exited(1))
        #expect(quiet.outputText + quiet.errorText == "")
        try activated.stop()
    }

    @Test("without a daemon status says what to do, and ends with 69")
    func noDaemon() throws {
        let child = try mend("/nowhere/mend.sock", "status")
        #expect(try child.waitForEnd() == .exited(69))
        #expect(child.errorText.contains("no daemon at /nowhere/mend.sock\nhint: "))
    }

    @Test("top has an object for each look, with rates from the second on")
    func top() throws {
        let daemon = try Daemon()
        let child = try mend(daemon.socket, "top", "--json", "--count", "2", "--interval", "10ms")
        #expect(try child.waitForEnd() == .exited(0))
        let looks = try child.outputText.split(separator: "\n").map { try JSON(String($0)) }
        try #require(looks.count == 2)
        #expect(looks[0]["per_second"] == nil)
        #expect(looks[1]["per_second"]["failed"] == 0 && looks[1]["per_second"]["calls"] != 0)
        let blocks = try mend(daemon.socket, "top", "--count", "2", "--interval", "10ms")
        try blocks.waitForEnd()
        #expect(blocks.outputText.components(separatedBy: "mend top, ").count == 3)
        #expect(blocks.outputText.components(separatedBy: "\na second ").count == 2)
    }

    @Test("top says that the daemon is away, goes on trying, and shows it once it is back")
    func topOverRestart() throws {
        let daemon = try Daemon()
        let child = try mend(daemon.socket, "top", "--interval", "10ms")
        try child.waitForOutput(containing: "health        ok\n")
        daemon.kill()
        try child.waitForOutput(containing: "looked for again")
        try daemon.restart()
        _ = try daemon.connect().result("queue.enqueue", #"{"queue":"q","payload":1}"#)
        try child.waitForOutput(containing: "ready 1 in 1 queue\n")
        let back = child.outputText.components(separatedBy: "mend top, ").first { $0.contains("ready 1 in 1 queue\n") }
        #expect(back?.contains("health        ok\n") == true)
    }

    @Test("top takes the whole terminal, fits it also when its size changes, and gives it back", arguments: ["q", ""])
    func topOnTerminal(key: String) throws {
        let daemon = try Daemon()
        let client = try daemon.connect()
        for number in 10..<40 { _ = try client.result("breaker.acquire", #"{"breaker":"breaker-\#(number)"}"#) }
        let terminal = try PseudoTerminal(columns: 60, lines: 16)
        let child = try terminal.start(
            [Package.program("mend"), "top", "--interval", "10ms"], environment: ["MEND_SOCKET": daemon.socket])
        let enter = "\u{1B}[?1049h"
        let leave = "\u{1B}[?1049l"
        func frames() -> [Substring] { terminal.text.split(separator: "\u{1B}[H").dropFirst().dropLast() }
        try terminal.wait { _ in frames().count > 3 }
        #expect(!terminal.isCooked)
        try expectFit(frames(), columns: 60, lines: 16)
        terminal.resize(columns: 40, lines: 9)
        let before = frames().count
        try terminal.wait { _ in frames().count > before + 3 }
        try expectFit(Array(frames().suffix(2)), columns: 40, lines: 9)
        #expect(!terminal.text.contains(leave))
        if key.isEmpty { child.signal(SIGTERM) } else { terminal.type(key) }
        #expect(try child.waitForEnd() == (key.isEmpty ? .killed(by: SIGTERM) : .exited(0)))
        #expect(terminal.isCooked)
        let text = try terminal.finish()
        #expect(text.hasPrefix(enter) && text.hasSuffix(leave))
        #expect(text.contains("\u{1B}[?25h"))
    }

    private func expectFit(_ frames: [Substring], columns: Int, lines: Int) throws {
        try #require(!frames.isEmpty)
        for frame in frames {
            let shown = frame.replacing(/\u{1B}\[[0-9;?]*[A-Za-z]/, with: "").split(
                separator: "\r\n", omittingEmptySubsequences: false)
            #expect(shown.count <= lines)
            #expect(shown.allSatisfy { $0.count <= columns }, "\(shown)")
        }
    }

    @Test("watch begins where it is told to, and goes on over a restart: each event once")
    func watch() throws {
        let daemon = try Daemon()
        let client = try daemon.connect()
        _ = try client.result("error.report", #"{"message":"first"}"#)
        let watcher = try mend(daemon.socket, "watch", "--since", "1h")
        try watcher.waitForOutput(containing: "first\n")
        try daemon.restart()
        try watcher.waitForErrors(containing: "going on after event 2\n")
        _ = try daemon.connect().result("error.report", #"{"message":"second","code":"other"}"#)
        try watcher.waitForOutput(containing: "second\n")
        let numbers = watcher.outputText.split(separator: "\n").dropFirst().map { $0.prefix { $0.isNumber } }
        #expect(numbers == ["1", "2", "3", "4"])
        // Nothing has happened since then.
        let late = try mend(daemon.socket, "watch", "--json", "--since", "2100-01-01 00:00")
        try late.waitForOutput(containing: "\n")
        _ = try daemon.connect().result("error.report", #"{"message":"third","code":"third"}"#)
        try late.waitForOutput(containing: #"third","error""#)
        #expect(late.outputText.split(separator: "\n").count == 2)
    }

    @Test("a watch of breakers shows how each is, and then what becomes of those that were named")
    func breakers() throws {
        let daemon = try Daemon()
        let client = try daemon.connect()
        func force(_ breaker: String) throws {
            _ = try client.result("breaker.force", #"{"breaker":"\#(breaker)","state":"forced_open"}"#)
        }
        try force("a")
        _ = try client.result("breaker.acquire", #"{"breaker":"b"}"#)
        let named = try mend(daemon.socket, "breaker", "watch", "--json", "b", "a", "c")
        try named.waitForOutput(containing: #""c""#)
        let all = try mend(daemon.socket, "breaker", "watch")
        try all.waitForOutput(containing: "b        closed\n")
        try force("z")
        try force("b")
        try named.waitForOutput(containing: #""breaker":"b","uid""#)
        let lines = named.outputText.split(separator: "\n")
        #expect(
            lines.prefix(3) == [
                #"{"breaker":"b","state":"closed"}"#, #"{"breaker":"a","state":"forced_open"}"#,
                #"{"breaker":"c","state":null}"#,
            ])
        #expect(lines.count == 4 && !named.outputText.contains(#""z""#))
        try all.waitForOutput(containing: "breaker:b  b is held open, by hand\n")
        #expect(all.outputText.hasPrefix("BREAKER  STATE\na        forced_open\nb        closed\n"))
        #expect(all.outputText.contains("breaker:z  z is held open, by hand\n"))
    }
}
