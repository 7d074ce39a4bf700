import ArgumentParser
import MendProtocol
import MendWire
import Testing

@testable import MendClient
@testable import mend

@Suite("The commands of the shell client")
struct CommandTests {
    /// What a command line would send.
    private func params(_ words: String...) throws -> String {
        try params(words)
    }

    private func params(_ words: [String]) throws -> String {
        let command = try #require(try Mend.parse(words) as? any CallCommand)
        let line = try request(command).bytes(id: nil, limit: .max)
        let text = String(decoding: line.dropLast(), as: UTF8.self)
        let document = try JSONDocument(parsing: text)
        return try #require(document.root["params"]?.rawText)
    }

    private func request(_ command: some CallCommand) throws -> RequestLine {
        RequestLine(try command.makeCall(), meta: command.meta?.meta)
    }

    @Test("every method of the wire has its noun and verb")
    func everyMethod() throws {
        let nouns = Mend.children
        // They end something on their own connection, and a command has one of its own.
        let others: [any Method.Type] = [System.Cancel.self, Events.Unfollow.self]
        for method in Methods.all where !others.contains(where: { $0.name == method.name }) {
            let words = method.name.split(separator: ".").map(String.init)
            let noun = try #require(nouns.first { $0.allNames.contains(words[0]) }, "\(method.name) has no noun")
            let verb = try #require(
                noun.children.first { $0.allNames.contains(words[1]) }, "\(method.name) has no verb")
            #expect(verb.configuration.abstract == method.summary)
        }
    }

    @Test("every command is named explicitly: to derive a name from its type takes time at each start")
    func explicitNames() {
        func check(_ command: any ParsableCommand.Type) {
            #expect(command.configuration.commandName != nil, "\(command)")
            for child in command.children { check(child) }
        }
        check(Mend.self)
    }

    @Test(
        "a command that parses its own arguments sends what the root would have sent",
        arguments: [
            ["queue", "put", "q", "1", "--delay", "1s", "--json"], ["ping", "--socket", "/s"], ["txn", "begin", "n"],
            ["error", "report", "--tag", "a", "m", "--exit-status", "1"], ["queue", "put", "q", "--", "-5"],
        ])
    func direct(words: [String]) throws {
        let direct = try #require(Mend.parseDirectly(words) as? any CallCommand)
        let rooted = try #require(try Mend.parseAsRoot(words) as? any CallCommand)
        #expect(try request(direct).bytes(id: 1, limit: .max) == request(rooted).bytes(id: 1, limit: .max))
        #expect(direct.globals.socket == rooted.globals.socket)
        #expect(direct.globals.json == rooted.globals.json)
    }

    @Test(
        "help, versions, completions and mistakes are the root's",
        arguments: [
            [], ["queue"], ["queue", "put", "--help"], ["help", "queue"], ["queue", "put", "q", "1", "--version"],
            ["queue", "put"], ["queue", "put", "q", "1", "--dely", "1s"], ["--generate-completion-script", "bash"],
            ["queue", "put", "--generate-completion-script", "bash"], ["--json", "queue", "stats"],
        ])
    func indirect(words: [String]) {
        #expect(Mend.parseDirectly(words).map { "\($0)" } == nil)
    }

    @Test("put is enqueue, and takes what the README shows")
    func put() throws {
        #expect(
            try params("queue", "put", "emails", #"{"to":"a"}"#) == #"{"queue":"emails","payload":{"to":"a"}}"#)
    }

    @Test("durations, policies and correlation reach the wire as it has them")
    func enqueueOptions() throws {
        #expect(
            try params(
                "queue", "enqueue", "q", "1.10", "--delay", "1h30m", "--priority", "5", "--key", "k", "--max-attempts",
                "3",
                "--policy", #"{"strategy":"fixed","base_ms":10}"#, "--correlation", "run-1")
                == #"{"queue":"q","payload":1.10,"priority":5,"key":"k","policy":{"strategy":"fixed","base_ms":10},"#
                + #""delay_ms":5400000,"max_attempts":3,"_meta":{"correlation":"run-1"}}"#)
    }

    @Test("a report tells all that was given")
    func report() throws {
        #expect(
            try params(
                "error", "report", "m", "--service", "s", "--code", "c", "--exit-status", "7", "--errno",
                "ECONNREFUSED",
                "--http-status", "503", "--signal", "9", "--tag", "a", "--tag", "b", "--context", #"{"x": 1.0}"#,
                "--duration", "2s", "--severity", "high", "--category", "business_logic")
                == #"{"message":"m","service":"s","code":"c","severity":"high","category":"business_logic","#
                + #""context":{"x": 1.0},"tags":["a","b"],"signal":9,"errno":"ECONNREFUSED","exit_status":7,"#
                + #""http_status":503,"duration_ms":2000}"#)
    }

    @Test("an outcome is recorded with an error only where something is told about it")
    func record() throws {
        #expect(
            try params("breaker", "record", "5", "success", "--duration", "20ms")
                == #"{"permit":5,"outcome":"success","duration_ms":20}"#)
        #expect(
            try params("breaker", "record", "5", "failure", "--http-status", "422")
                == #"{"permit":5,"outcome":"failure","error":{"message":"failure","http_status":422}}"#)
        #expect(
            try params("breaker", "record", "5", "failure", "--message", "m")
                == #"{"permit":5,"outcome":"failure","error":{"message":"m"}}"#)
    }

    @Test("txn and transaction are the same, and a step has an undo")
    func step() throws {
        for noun in ["txn", "transaction"] {
            #expect(
                try params(noun, "step", "3", "build", "--undo-queue", "undo.1000", "--undo", #""rm""#)
                    == #"{"transaction":3,"undo":{"queue":"undo.1000","payload":"rm"},"name":"build"}"#)
        }
    }

    @Test("a lease can be taken from several queues")
    func lease() throws {
        #expect(
            try params("queue", "lease", "a", "b", "--max", "2", "--lease", "30s", "--wait", "20s")
                == #"{"queues":["a","b"],"max":2,"lease_ms":30000,"wait_ms":20000}"#)
    }

    @Test("a lease can be tied to a process")
    func heldLease() throws {
        #expect(try params("queue", "lease", "q", "--hold-pid", "7") == #"{"queues":["q"],"hold":{"pid":7}}"#)
    }

    @Test("a resolution has its reason as an option, as a rollback has")
    func resolve() throws {
        #expect(try params("txn", "resolve", "1", "--reason", "by hand") == #"{"transaction":1,"reason":"by hand"}"#)
    }

    @Test("guidance takes a code or an error, the catalog a beginning, and classify what a report has")
    func catalogue() throws {
        #expect(
            try params("error", "guidance", "posix.ENOSPC", "--locale", "de")
                == #"{"code":"posix.ENOSPC","locale":"de"}"#)
        #expect(try params("error", "guidance", "--error", "7") == #"{"error":7}"#)
        #expect(throws: UsageError.self) { try params("error", "guidance") }
        #expect(throws: UsageError.self) { try params("error", "guidance", "a.b", "--error", "7") }
        #expect(
            try params("error", "catalog", "container.", "--limit", "5", "--after", "container.network")
                == #"{"prefix":"container.","limit":5,"after":"container.network"}"#)
        #expect(
            try params("error", "classify", "it failed", "--grpc-status", "UNAVAILABLE")
                == #"{"error":{"message":"it failed","grpc_status":"UNAVAILABLE"}}"#)
        #expect(throws: UsageError.self) { try params("error", "classify") }
    }

    @Test("a key, a deadline and a dry run reach the wire beside the parameters")
    func meta() throws {
        #expect(
            try params("queue", "cancel", "1", "--idempotency-key", "k", "--deadline", "5s", "--dry-run")
                == #"{"operation":1,"_meta":{"idempotency_key":"k","deadline_ms":5000,"dry_run":true}}"#)
        #expect(try params("queue", "cancel", "1") == #"{"operation":1}"#)
    }

    @Test("every command that changes something takes what a call may carry, and no other does")
    func changing() {
        let reading: Set = [
            "get", "list", "stats", "watch", "wait", "status", "health", "hello", "ping", "timeline", "explain",
            "follow",
            "discover", "mask", "analysis", "summary", "export", "classify", "guidance", "catalog",
        ]
        // They make many calls, each with a key of its own where it needs one.
        let running: Set = ["run", "try", "work", "import", "deliver", "report-unit"]
        for noun in Mend.children {
            for verb in noun.children {
                let name = verb.configuration.commandName ?? ""
                guard !running.contains(name) else { continue }
                #expect(verb is any ChangingCommand.Type != reading.contains(name), "\(verb)")
            }
        }
    }

    @Test("one key for the many calls of --all is refused, before anything is sent")
    func keyOfPages() throws {
        var command = try Mend.parse(["queue", "purge", "q", "--all", "--idempotency-key", "k", "--socket", "/none"])
        #expect(throws: UsageError.self) { try command.run() }
    }

    @Test(
        "what was said of breakers by pattern is shown as the options that say it",
        arguments: [
            [
                "--failure-threshold", "3", "--failure-rate-threshold", "0.5", "--slow-call-duration", "1500ms",
                "--slow-call-rate-threshold", "0.25", "--minimum-calls", "7", "--window-calls", "50",
            ],
            [
                "--window", "90s", "--recovery-timeout", "1h", "--max-recovery-timeout", "1d", "--success-threshold",
                "1", "--half-open-permits", "2", "--permit-time", "2m", "--max-concurrent", "9", "--retry-budget",
                "0.1", "--shadow", "true",
            ],
            ["--window", "default", "--shadow", "default"],
        ])
    func patternWords(options: [String]) throws {
        let command = try Mend.parse(["breaker", "configure", "a-*"] + options)
        let call = try #require(command as? BreakerNoun.Configure).makeCall()
        #expect(call.words.joined(separator: " ") == options.joined(separator: " "))
    }

    @Test("a share can be written in percent")
    func share() throws {
        #expect(
            try params("breaker", "configure", "b", "--failure-rate-threshold", "50%", "--window", "1m")
                == #"{"breaker":"b","failure_rate_threshold":0.5,"window_ms":60000}"#)
    }

    @Test("global options stand before the noun or after the verb", arguments: [0, 1, 2])
    func globalOptions(place: Int) throws {
        var words = ["queue", "stats"]
        words.insert(contentsOf: ["--socket", "/s", "--json"], at: place)
        let command = try #require(try Mend.parse(words) as? any CallCommand)
        #expect(command.globals.socket == "/s")
        #expect(command.globals.json)
        #expect(!command.globals.quiet)
    }

    @Test(
        "what cannot be is refused as usage, before anything is sent",
        arguments: [
            ["queue", "put", "bad name", "1"], ["queue", "put", "q"], ["queue", "put", "q", "1", "--delay", "20"],
            ["queue", "put", "q", "1", "--delay", "-1s"], ["queue", "put", "q", "1", "--priority", "1001"],
            ["queue", "put", "q", "1", "--delay", "1s", "--run-at", "now"], ["queue", "get", "x"],
            ["queue", "list", "--state", "redy"], ["queue", "replay"], ["queue", "replay", "q", "--operation", "1"],
            ["queue", "put", "q", "1", "--policy", #"{"base":1}"#], ["breaker", "record", "1", "maybe"],
            ["breaker", "configure", "b", "--failure-rate-threshold", "2"], ["txn", "step", "1", "s", "--undo", "1"],
            ["txn", "begin", "n", "--timeout", "0"], ["error", "report", "m", "--stderr", "a", "--stderr-file", "b"],
            ["error", "report", "m", "--context", "-", "--stderr-file", "-"], ["queue", "lst"], ["error", "report"],
            ["error", "report", "m", "--pipeline", "0 1"], ["error", "report", "--pipeline", "0 x"],
            ["error", "report", "m", "--json-input"], ["error", "report", "m", "--command", "a | b"],
            ["error", "report", "-", "--stack-file", "-"],
            ["error", "report", "m", "--if-unavailable", "spool", "--dry-run"],
            ["breaker", "try", "b"], ["breaker", "try", "b", "true"],
            ["queue", "configure", "q", "--producers", "no-such-user"],
            ["queue", "configure", "q", "--consumers", "@no-such-group"], ["txn", "resolve", "1", "reason"],
            ["queue", "put", "q", "1", "--deadline", "0s"], ["queue", "put", "q", "1", "--idempotency-key", ""],
        ])
    func refused(words: [String]) {
        let error = #expect(throws: (any Error).self) { try Mend.parse(words) }
        #expect(error.map { Mend.exitCode(for: $0).rawValue } == mend.ExitStatus.usage.rawValue)
    }

    @Test(
        "a payload that is no JSON is refused with a hint",
        arguments: [["queue", "put", "q", "text"], ["error", "report", "m", "--context", "[]"]])
    func noJSON(words: [String]) throws {
        let error = #expect(throws: UsageError.self) { try params(words) }
        #expect(error?.hint != nil)
    }

    @Test(
        "a misspelt noun or verb gets the one that was meant",
        arguments: [
            (["qeue", "put"], "queue"), (["queue", "lst"], "list"), (["--socket", "x", "breker"], "breaker"),
            (["transction"], "transaction"), (["queue", "pu"], "put"),
        ])
    func suggestion(words: [String], meant: String) throws {
        let suggestion = try #require(CommandSuggestion.find(words, root: Mend.self))
        #expect(suggestion.hint.hasSuffix("\(meant)'?"))
    }

    @Test("no suggestion is made for words that are right, nor a wild one")
    func noSuggestion() throws {
        #expect(CommandSuggestion.find(["queue", "put", "qeue"], root: Mend.self) == nil)
        #expect(CommandSuggestion.find(["--json"], root: Mend.self) == nil)
        #expect(CommandSuggestion.nearest(to: "xyzzy", in: ["queue", "error"]) == nil)
    }
}
