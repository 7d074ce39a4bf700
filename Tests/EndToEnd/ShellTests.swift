import Glibc
import Testing

@Suite("The shell client at the real daemon")
struct ShellTests {
    private func start(_ daemon: Daemon, _ words: [String]) throws -> Child {
        try Child([Package.program("mend")] + words, environment: ["MEND_SOCKET": daemon.socket])
    }

    /// How it ends, and what it writes.
    private func mend(
        _ daemon: Daemon, _ words: String...
    ) throws -> (status: Child.End, output: String, errors: String) {
        let child = try start(daemon, words)
        return (try child.waitForEnd(), child.outputText, child.errorText)
    }

    @Test("a queue that has nothing ends a lease with status 75 and a line, for programs with the status alone")
    func nothing() throws {
        let daemon = try Daemon()
        #expect(try mend(daemon, "queue", "lease", "q") == (.exited(75), "", "mend: nothing is ready\n"))
        #expect(try mend(daemon, "queue", "lease", "q", "--json") == (.exited(75), "", ""))
    }

    @Test("a lease that is tied to a process ends with it")
    func heldLease() throws {
        let daemon = try Daemon()
        let holder = try Child(["/bin/sleep", "600"])
        #expect(try mend(daemon, "queue", "put", "q", "1").output == "1\n")
        #expect(try mend(daemon, "queue", "lease", "q", "--hold-pid", "\(holder.pid)").status == .exited(0))
        holder.kill()
        let again = try mend(daemon, "queue", "lease", "q", "--wait", "30s", "--json")
        #expect(again.output.contains(#""operation":1,"#))
    }

    @Test("what is masked is shown with what found it, an operator's pattern among others")
    func mask() throws {
        let daemon = try Daemon(configuration: "errors: {mask: {order: 'ORD-[0-9]{4}'}}")
        #expect(
            try mend(daemon, "error", "mask", "ORD-1234 of bob@example.com")
                == (.exited(0), "[order] of [email]\n", "mend: masked: email 1, order 1\n"))
        #expect(try mend(daemon, "error", "mask", "ORD-12").errors == "mend: nothing is masked\n")
    }

    @Test("an export goes through all pages, each report once, with one line of titles")
    func export() throws {
        let daemon = try Daemon()
        let client = try daemon.connect()
        for number in 1...25 { _ = try client.result("error.report", #"{"message":"failure \#(number)"}"#) }
        let csv = try mend(daemon, "error", "export", "--format", "csv", "--limit", "10")
        #expect(csv.status == .exited(0) && csv.errors == "")
        let lines = csv.output.split(separator: "\n")
        #expect(lines.first?.hasPrefix("error,group,") == true)
        #expect(lines.dropFirst().map { $0.prefix { $0 != "," } } == (1...25).map { "\($0)" })
        let json = try mend(daemon, "error", "export", "--limit", "7").output.split(separator: "\n")
        #expect(try json.map { try JSON(String($0))["message"].text } == (1...25).map { "failure \($0)" })
        let some = try mend(daemon, "error", "export", "--after", "20", "--limit", "2").output.split(separator: "\n")
        #expect(some.count == 5)
    }

    @Test(
        "what is classified from standard input may be a report; what is not known in it, and an empty input, is told")
    func classify() throws {
        let daemon = try Daemon()
        func classify(_ text: String, _ options: String = "") throws -> (
            status: Child.End, output: String, errors: String
        ) {
            let script = "printf '%s' '\(text)' | \(Package.program("mend")) error classify --stdin \(options)"
            let child = try Child(["/bin/sh", "-c", script], environment: ["MEND_SOCKET": daemon.socket])
            return (try child.waitForEnd(), child.outputText, child.errorText)
        }
        let report = try classify(#"{"message":"x","sqlstate":"40001","sqlcode":1}"#)
        #expect(report.output.contains("sqlstate.40001"))
        #expect(report.errors == "mend: not known, and not looked at: sqlcode\n")
        let empty = try classify("  ")
        #expect(empty.status == .exited(64) && empty.errors.hasPrefix("mend: standard input is empty\nhint: "))
        let silent = try classify("", "--exit-status 127")
        #expect(silent.status == .exited(0) && silent.output.contains("process.not_found"))
        let unknown = try classify("", "--errno ENOSPACE --signal sigter --grpc-status unavaliable")
        #expect(
            unknown.errors == """
                mend: ENOSPACE is no errno that is known; did you mean ENOSPC?
                mend: sigter is no signal that is known; did you mean SIGTERM?
                mend: unavaliable is no gRPC status that is known; did you mean UNAVAILABLE?

                """)
    }

    @Test("reports are cleared by what they belong to, and the others stay")
    func clear() throws {
        let daemon = try Daemon()
        for run in ["r1", "r1", "r2"] {
            #expect(try mend(daemon, "error", "report", "it failed", "--correlation", run).status == .exited(0))
        }
        let tried = try mend(daemon, "error", "clear", "--correlation", "r1", "--dry-run")
        #expect(tried.status == .exited(0) && tried.output.hasPrefix("would clear 2, "))
        #expect(try mend(daemon, "error", "clear", "--correlation", "r1").output.hasPrefix("cleared 2, "))
        let left = try mend(daemon, "error", "list", "--correlation", "r2", "--json")
        #expect(left.output.split(separator: "\n").count == 1)
        #expect(try mend(daemon, "error", "clear", "--service", "none").output.hasPrefix("cleared 0, "))
    }

    @Test("a code that is not there has a suggestion")
    func guidance() throws {
        let daemon = try Daemon()
        for word in ["ENOSPC", "posix.ENOSPX"] {
            let found = try mend(daemon, "error", "guidance", word)
            #expect(found.status == .exited(1) && found.errors.hasSuffix("\nhint: did you mean posix.ENOSPC?\n"))
        }
        #expect(
            try mend(daemon, "error", "guidance", "posix.ENOSPC", "--locale", "de-AT").output.contains("Speicherplatz"))
    }

    @Test("a dry run says so, and changes nothing")
    func dryRun() throws {
        let daemon = try Daemon()
        let (status, output, errors) = try mend(daemon, "queue", "put", "q", "1", "--dry-run")
        #expect((status, output, errors) == (.exited(0), "1\n", "mend: a dry run: nothing was changed\n"))
        #expect(try mend(daemon, "queue", "put", "q", "1", "--dry-run", "--json").errors == "{\"dry_run\":true}\n")
        #expect(try mend(daemon, "queue", "list", "--json").output == "")
    }

    @Test("a purge page by page can be a dry run")
    func dryPurge() throws {
        let daemon = try Daemon()
        _ = try mend(daemon, "queue", "put", "q", "1")
        let dry = try mend(daemon, "queue", "purge", "q", "--state", "ready", "--dry-run")
        #expect(dry.output == "purged 1, 0 still there\n")
        #expect(dry.errors == "mend: a dry run: nothing was changed\n")
        #expect(try mend(daemon, "queue", "get", "1").status == .exited(0))
    }

    @Test("the same idempotency key does a thing once")
    func idempotency() throws {
        let daemon = try Daemon()
        for _ in 0..<2 {
            #expect(try mend(daemon, "queue", "put", "q", "1", "--idempotency-key", "k").output == "1\n")
        }
    }

    @Test("patterns of breakers have a table below the breakers, and objects of their own for programs")
    func patterns() throws {
        let daemon = try Daemon()
        _ = try mend(daemon, "breaker", "configure", "a-*", "--failure-threshold", "3", "--window", "90s")
        _ = try mend(daemon, "breaker", "acquire", "b")
        let table = try mend(daemon, "breaker", "list").output
        #expect(table.hasSuffix("\n\nPATTERN  SETTINGS\na-*      --failure-threshold 3 --window 90s\n"))
        let lines = try mend(daemon, "breaker", "list", "--json").output.split(separator: "\n")
        try #require(lines.count == 2)
        #expect(try JSON(String(lines[0]))["breaker"] == "b")
        #expect(lines[1] == #"{"pattern":"a-*","failure_threshold":3,"window_ms":90000}"#)
        #expect(try mend(daemon, "breaker", "delete", "b").output == "b is forgotten; permits abandoned: 1\n")
        #expect(try mend(daemon, "breaker", "delete", "a-*").output == "a-* is forgotten\n")
    }

    @Test("what a replay and a purge leave because it is an undo is explained")
    func undos() throws {
        let daemon = try Daemon()
        let client = try daemon.connect()
        _ = try client.result("transaction.begin", #"{"name":"t"}"#)
        let step = #"{"transaction":1,"name":"s","undo":{"queue":"undo.0","payload":1}}"#
        _ = try client.result("transaction.step", step)
        _ = try client.result("transaction.confirm", #"{"transaction":1,"step":1}"#)
        _ = try client.result("transaction.rollback", #"{"transaction":1}"#)
        let leased = try client.result("queue.lease", #"{"queues":["undo.0"]}"#)["operations"][0]
        let (operation, lease) = (try #require(leased["operation"].int), try #require(leased["lease"].int))
        let error = #"{"message":"broken","category":"validation"}"#
        _ = try client.result("queue.fail", #"{"operation":\#(operation),"lease":\#(lease),"error":\#(error)}"#)
        for verb in ["replay", "purge"] {
            let said = try mend(daemon, "queue", verb, "undo.0")
            #expect(said.errors.contains("undos") && said.errors.contains("`mend txn resume`"), "\(said)")
            #expect(try mend(daemon, "queue", verb, "undo.0", "--json").errors == "")
        }
        #expect(try mend(daemon, "txn", "wait", "1").status == .exited(1))
    }

    @Test("an expiry is shown")
    func expiry() throws {
        let daemon = try Daemon()
        _ = try mend(daemon, "queue", "put", "q", "1", "--expires", "1h")
        #expect(try mend(daemon, "queue", "get", "1").output.contains("\nexpires "))
        #expect(try mend(daemon, "queue", "list").output.contains("  expires in "))
    }

    @Test("a verdict without another try reads as what to do")
    func verdicts() throws {
        let daemon = try Daemon()
        let refused = ["error", "report", "m", "--errno", "ECONNREFUSED", "--attempt", "3", "--policy"]
        let spent = try start(daemon, refused + [#"{"strategy":"fixed","base_ms":10,"max_attempts":3}"#])
        try spent.waitForEnd()
        #expect(spent.outputText.contains("give up: attempt 3 of 3 failed\n"))
        let invalid = try mend(daemon, "error", "report", "m", "--category", "validation").output
        #expect(invalid.contains("fail_fast, do not retry\n"))
    }

    @Test("who follows events goes on when the daemon is back, with the event after the last one shown")
    func follow() throws {
        let daemon = try Daemon()
        let follower = try start(daemon, ["events", "follow"])
        try follower.waitForOutput(containing: "after event 1:")
        _ = try mend(daemon, "error", "report", "first")
        try follower.waitForOutput(containing: "first\n")
        try daemon.restart()
        try follower.waitForErrors(containing: "going on after event 2\n")
        _ = try mend(daemon, "error", "report", "second", "--code", "other")
        try follower.waitForOutput(containing: "second\n")
        let numbers = follower.outputText.split(separator: "\n").dropFirst().map { $0.prefix { $0.isNumber } }
        #expect(numbers == ["2", "3", "4"])
    }

    @Test("who follows events of a daemon that does not come back is told how to go on")
    func followToTheEnd() throws {
        let daemon = try Daemon()
        let follower = try start(daemon, ["events", "follow", "--reconnect", "0s"])
        try follower.waitForOutput(containing: "after event 1:")
        daemon.kill()
        #expect(try follower.waitForEnd() == .exited(69))
        #expect(follower.errorText.hasSuffix("hint: --after 1 goes on where this ended\n"))
        #expect(!follower.errorText.contains("not known"))
    }
}
