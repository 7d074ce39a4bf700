import Testing

@Suite("What mend says of itself")
struct HelpTests {
    private func mend(_ words: String...) throws -> (status: Child.End, output: String, errors: String) {
        let child = try Child([Package.program("mend")] + words)
        return (try child.waitForEnd(), child.outputText, child.errorText)
    }

    @Test("mend help names each command once, by purpose, and each topic, which it explains in lines of 80")
    func overview() throws {
        let help = try mend("help")
        #expect(help.status == .exited(0))
        let named = help.output.split(separator: "\n").filter { $0.hasPrefix("  mend ") }.map {
            $0.split(separator: " ")
        }
        let commands = named.filter { $0[1] != "help" }.map { String($0[1]) }
        let usage = try mend("--help").output
        let entries = usage.split(separator: "\n").filter {
            $0.hasPrefix("  ") && !$0.hasPrefix("   ") && !$0.hasPrefix("  See")
        }
        let listed = entries.map { $0.split { " ,".contains($0) } }.filter { $0[0].first?.isLetter == true }
            .map { String($0[0]) }
        #expect(commands.count >= 15 && commands.sorted() == listed.sorted())
        let topics = named.filter { $0[1] == "help" }.map { String($0[2]) }
        #expect(topics == ["exit-status", "environment", "recipes", "verdicts", "time"])
        for topic in topics {
            let text = try mend("help", topic)
            #expect(text.status == .exited(0) && text.output.split(separator: "\n").count > 5)
            #expect(text.output.split(separator: "\n").allSatisfy { $0.count <= 80 })
        }
        #expect(try mend("help", "retries").output == mend("help", "verdicts").output)
    }

    @Test("mend help COMMAND is the command's help, and what is misspelt gets a suggestion")
    func commands() throws {
        #expect(try mend("help", "queue", "put").output.hasPrefix("OVERVIEW: Keeps an operation"))
        for (words, hint) in [
            (["recipe"], "mend help recipes"), (["queu"], "mend help queue"), (["queue", "lst"], "mend queue list"),
        ] {
            let child = try Child([Package.program("mend"), "help"] + words)
            #expect(try child.waitForEnd() == .exited(64))
            #expect(child.errorText.hasSuffix("hint: did you mean '\(hint)'?\n"), "\(child.errorText)")
        }
    }

    @Test("completion offers what the daemon has, and nothing, silently, where it is away")
    func completion() throws {
        let daemon = try Daemon()
        let client = try daemon.connect()
        _ = try client.result("queue.enqueue", #"{"queue":"letters","payload":1}"#)
        _ = try client.result("breaker.acquire", #"{"breaker":"billing"}"#)
        _ = try client.result("transaction.begin", #"{"name":"t"}"#)
        func offered(_ words: String...) throws -> String {
            let child = try Child(
                [Package.program("mend"), "---completion"] + words, environment: ["MEND_SOCKET": daemon.socket])
            #expect(try child.waitForEnd() == .exited(0))
            #expect(child.errorText == "")
            return child.outputText
        }
        #expect(
            try offered("queue", "stats", "--", "positional@0", "3", "0", "mend", "queue", "stats", "") == "letters\n")
        #expect(try offered("work", "--", "positional@0", "2", "0", "mend", "work", "") == "letters\n")
        #expect(try offered("run", "--", "--breaker", "3", "0", "mend", "run", "--breaker", "") == "billing\n")
        #expect(try offered("txn", "get", "--", "positional@0", "3", "0", "mend", "txn", "get", "") == "1\n")
        try daemon.stop()
        #expect(try offered("queue", "stats", "--", "positional@0", "3", "0", "mend", "queue", "stats", "") == "")
    }
}
