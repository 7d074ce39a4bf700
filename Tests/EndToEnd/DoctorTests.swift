import Glibc
import Testing

@Suite("mend doctor")
struct DoctorTests {
    private func findings(_ child: Child) throws -> [String: JSON] {
        let lines = try child.outputText.split(separator: "\n").map { try JSON(String($0)) }
        return Dictionary(uniqueKeysWithValues: lines.map { ($0["check"].text ?? "", $0) })
    }

    @Test("where all is well each check is ok, and what cannot be looked at is skipped")
    func well() throws {
        let shell = try ShellPlace()
        let child = try shell.mend("doctor", "--json")
        #expect(try child.waitForEnd() == .exited(0), "\(child.outputText)\(child.errorText)")
        let found = try findings(child)
        for check in [
            "socket", "role", "version", "health", "clock", "clock jumps", "dead letters", "transactions", "breakers",
            "undos", "spool", "configuration",
        ] { #expect(found[check]?["status"] == "ok", "\(check): \(child.outputText)") }
        let group = try #require(getgrgid(getegid()).map { String(cString: $0.pointee.gr_name) })
        #expect(found["socket"]?["message"].text?.hasSuffix("group \(group)") == true)
        #expect(found["old states"]?["status"] == "skipped")
        #expect(found["units"]?["status"] == "skipped")
        #expect(found["disk"]?["status"] == "skipped")
    }

    @Test("what waits for somebody is a warning with what to do")
    func waiting() throws {
        let shell = try ShellPlace()
        _ = try shell.client.result("breaker.force", #"{"breaker":"b","state":"forced_open"}"#)
        _ = try shell.client.result("queue.enqueue", #"{"queue":"q","payload":1,"max_attempts":1}"#)
        let leased = try shell.client.result("queue.lease", #"{"queues":["q"],"hold":"connection"}"#)["operations"][0]
        let (operation, lease) = (try #require(leased["operation"].int), try #require(leased["lease"].int))
        _ = try shell.client.result(
            "queue.fail", #"{"operation":\#(operation),"lease":\#(lease),"error":{"message":"x"}}"#)
        _ = try shell.client.result("queue.enqueue", #"{"queue":"undo.0","payload":1}"#)
        let child = try shell.mend("doctor", "--json")
        #expect(try child.waitForEnd() == .exited(0))
        let found = try findings(child)
        for check in ["dead letters", "breakers", "undos"] {
            #expect(found[check]?["status"] == "warn", "\(check)")
            #expect(found[check]?["hint"].text?.hasPrefix("mend ") == true, "\(check)")
        }
    }

    @Test("a reload that failed, and keys that wait for a restart, are warnings until that is done")
    func reload() throws {
        let shell = try ShellPlace()
        func warnings() throws -> [JSON] {
            let child = try shell.mend("doctor", "--json")
            #expect(try child.waitForEnd() == .exited(0))
            return try child.outputText.split(separator: "\n").map { try JSON(String($0)) }
                .filter { $0["check"] == "configuration" && $0["status"] == "warn" }
        }
        func reload(_ text: String, says words: String) throws {
            try shell.daemon.place.write(text, to: "mend.yaml")
            shell.daemon.signal(SIGHUP)
            try shell.daemon.child.waitForErrors(containing: words)
            // The one before was answered when this one is.
            _ = try shell.client.result("system.ping")
        }
        try reload("limits: {batch: 7}", says: "needing a restart: limits.batch")
        var found = try warnings()
        #expect(found.count == 1)
        #expect(found.last?["message"].text?.hasSuffix("not in force before a restart: limits.batch") == true)
        #expect(found.last?["hint"].text?.hasPrefix("systemctl restart") == true)
        try reload("nonsense: 1", says: "all stays as it was")
        found = try warnings()
        #expect(found.count == 2)
        #expect(found.first?["message"].text?.contains("the last reload failed") == true)
        #expect(found.first?["message"].text?.contains("nonsense") == true)
        try reload("", says: "no setting has changed")
        #expect(try warnings().isEmpty)
    }

    @Test("without a daemon it says so, and looks at the rest")
    func nothing() throws {
        let place = try TemporaryDirectory()
        let child = try Child(
            [Package.program("mend"), "doctor", "--json", "--socket", place.file("none")],
            environment: ["XDG_STATE_HOME": place.path])
        #expect(try child.waitForEnd() == .exited(1))
        let found = try findings(child)
        #expect(found["socket"]?["status"] == "fail")
        #expect(found["spool"]?["status"] == "ok")
    }

    @Test("what is no socket, and what nobody listens on, is said")
    func noSocket() throws {
        let place = try TemporaryDirectory()
        try place.write("", to: "file")
        let child = try Child(
            [Package.program("mend"), "doctor", "--json", "--socket", place.file("file")],
            environment: ["XDG_STATE_HOME": place.path])
        #expect(try child.waitForEnd() == .exited(1))
        #expect(try findings(child)["socket"]?["message"].text?.contains("no socket") == true)
        let shell = try ShellPlace()
        shell.daemon.kill()
        let dead = try shell.mend("doctor")
        #expect(try dead.waitForEnd() == .exited(1))
        #expect(dead.outputText.contains("fail     daemon"), "\(dead.outputText)")
    }
}
