import Testing

@Suite("Every command of the shell client")
struct EveryCommandTests {
    /// A command without any below it.
    struct Leaf {
        /// Its words, without `mend`.
        let path: [String]
        /// The names of what must be given to it.
        let required: [String]
        let options: Set<String>

        var name: String { path.joined(separator: " ") }
    }

    /// All of them, as the client itself describes them.
    private static func leaves() throws -> [Leaf] {
        let child = try Child([Package.program("mend"), "--experimental-dump-help"])
        try child.waitForEnd()
        func below(_ command: JSON, _ path: [String]) -> [Leaf] {
            let children = command["subcommands"].elements.filter { $0["commandName"] != "help" }
            guard children.isEmpty else {
                return children.flatMap { below($0, path + [$0["commandName"].text ?? ""]) }
            }
            let required = command["arguments"].elements.filter {
                $0["kind"] == "positional" && $0["isOptional"] == false
            }
            let options = command["arguments"].elements.flatMap { $0["names"].elements.compactMap { $0["name"].text } }
            return [
                Leaf(path: path, required: required.compactMap { $0["valueName"].text }, options: Set(options))
            ]
        }
        return below(try JSON(child.outputText)["command"], [])
    }

    /// They end only when they are interrupted, and have tests of their own.
    private static let endless: Set = ["breaker watch", "events follow", "watch"]

    /// What these print is what they are for.
    private static let printing: Set = ["completions", "error export", "queue export"]

    /// Stands for a file of steps, which each place has.
    private static let stepFile = "STEPS"

    /// What is given for a required argument of this name.
    private static let values = [
        "queue": "q", "queues": "q", "payload": "1", "breaker": "b", "permit": "1", "outcome": "success", "name": "t",
        "transaction": "1", "step": "1", "operation": "1", "lease": "1", "message": "it failed", "error": "1",
        "other": "2", "group": "1", "groups": "2", "text": "bob@example.com", "state": "disabled",
        "subject": "queue:q", "method": "system.ping", "file": stepFile,
        "shell": "bash", "unit": "x.service",
    ]

    /// What else a command needs to be of any use, and to end.
    private static let more: [String: [String]] = [
        "error classify": ["it failed"], "error report": ["it failed"], "breaker try": ["--", "/bin/true"],
        "queue import": ["/dev/null"],
        "error guidance": ["posix.ENOSPC"], "queue replay": ["q"],
        "queue snooze": ["--delay", "1m"], "error clear": ["--service", "none"], "queue wait": ["--wait", "0s"],
        "txn wait": ["--wait", "0s"], "error import": ["--journal"],
        "txn rollback": ["--no-work"], "txn resolve": ["--reason", "by hand"],
        "txn step": ["s", "--undo-queue", "u", "--undo", "1"],
        "run": ["--", "/bin/true"], "work": ["--drain", "q", "--", "/bin/true"], "undo work": ["--drain"],
        "top": ["--count", "1"], "breaker configure": ["--failure-threshold", "7"],
        "queue configure": ["--max-size", "9"],
    ]

    private static func words(_ leaf: Leaf, _ options: [String], in place: TemporaryDirectory) -> [String] {
        let given = (leaf.path == ["work"] ? [] : leaf.required).map { name in
            let value = values[name] ?? "1"
            return value == stepFile ? place.file("steps") : value
        }
        let known = options.filter { leaf.options.contains(String($0.drop { $0 == "-" })) }
        return [Package.program("mend")] + leaf.path + known + given + (more[leaf.name] ?? [])
    }

    /// A daemon that has one of each, and its environment.
    private func place() throws -> (daemon: Daemon, environment: [String: String]) {
        let daemon = try Daemon()
        try daemon.place.write("true ::: true\n", to: "steps")
        let client = try daemon.connect()
        for (method, params) in [
            ("queue.enqueue", #"{"queue":"q","payload":1}"#), ("queue.enqueue", #"{"queue":"q","payload":2}"#),
            ("queue.lease", #"{"queues":["q"],"hold":"none"}"#), ("breaker.acquire", #"{"breaker":"b"}"#),
            ("transaction.begin", #"{"name":"t"}"#), ("error.report", #"{"message":"one"}"#),
            ("error.report", #"{"message":"another failure","code":"other"}"#),
        ] { _ = try client.call(method, params) }
        return (
            daemon,
            [
                "MEND_SOCKET": daemon.socket, "XDG_STATE_HOME": daemon.place.path, "XDG_CACHE_HOME": daemon.place.path,
                "MEND_JOURNALCTL": "/bin/true",
            ]
        )
    }

    /// Runs all commands that end, each with the options, and says what is wrong about one.
    private func walk(
        _ options: [String], _ environment: [String: String] = [:], _ check: (Leaf, Child) throws -> Void
    ) throws {
        let (daemon, own) = try place()
        let leaves = try Self.leaves()
        #expect(leaves.count > 60)
        for leaf in leaves where !Self.endless.contains(leaf.name) {
            let child = try Child(
                Self.words(leaf, options, in: daemon.place), environment: own.merging(environment) { $1 })
            let end: Child.End
            do {
                end = try child.waitForEnd()
            } catch {
                throw Failure("\(leaf.name): \(error)")
            }
            #expect(end != .exited(64), "\(leaf.name) needs other arguments here: \(child.errorText)")
            try check(leaf, child)
        }
    }

    @Test("with --json each line is an object, of errors too")
    func json() throws {
        var told = 0
        try walk(["--json"]) { leaf, child in
            guard leaf.options.contains("json") else { return }
            for line in child.outputText.split(separator: "\n") + child.errorText.split(separator: "\n") {
                guard case .object? = try? JSON(String(line)) else {
                    Issue.record("\(leaf.name): \(line)")
                    continue
                }
                told += 1
            }
        }
        #expect(told > 60)
    }

    @Test("with --quiet nothing is said on standard output")
    func quiet() throws {
        try walk(["--quiet"]) { leaf, child in
            #expect(Self.printing.contains(leaf.name) || child.outputText == "", "\(leaf.name)")
        }
    }

    @Test("what is no terminal gets no colour, whatever the terminal's type")
    func pipe() throws {
        var told = 0
        try walk([], ["TERM": "xterm-256color"]) { leaf, child in
            #expect(!(child.outputText + child.errorText).contains("\u{1B}"), "\(leaf.name)")
            told += child.outputText.isEmpty ? 0 : 1
        }
        #expect(told > 40)
    }

    @Test("a terminal gets colour, and none where NO_COLOR is set", arguments: [false, true])
    func terminal(refuses: Bool) throws {
        let (daemon, own) = try place()
        let environment = refuses ? own.merging(["NO_COLOR": "1"]) { $1 } : own
        var coloured: [String] = []
        for leaf in try Self.leaves() where !Self.endless.contains(leaf.name) {
            let terminal = try PseudoTerminal()
            let child = try terminal.start(Self.words(leaf, [], in: daemon.place), environment: environment)
            try child.waitForEnd()
            // A colour ends with an m; what else steers the terminal is not meant.
            if try terminal.finish().contains(/\u{1B}\[[0-9;]*m/) { coloured.append(leaf.name) }
        }
        #expect(refuses ? coloured.isEmpty : coloured.count > 10, "\(coloured)")
    }

    @Test(
        "those that end only when they are interrupted obey the same",
        arguments: ["breaker watch", "events follow", "watch"], ["--json", "--quiet", "--socket"])
    func endless(name: String, option: String) throws {
        let (daemon, own) = try place()
        #expect(Self.endless.contains(name))
        let client = try daemon.connect()
        let options = option == "--socket" ? [option, daemon.socket] : [option]
        let words = name.split(separator: " ").map(String.init) + options + ["--reconnect", "0s"]
        let child = try Child(
            [Package.program("mend")] + words, environment: own.merging(["TERM": "xterm-256color"]) { $1 })
        if option == "--quiet" {
            let deadline = Deadline()
            while try client.result("system.status")["connections"] != 2, !deadline.isOver {}
        } else {
            // It has begun to follow.
            try child.waitForOutput(containing: "\n")
        }
        _ = try client.result("breaker.force", #"{"breaker":"b","state":"forced_open"}"#)
        if option != "--quiet" { try child.waitForOutput(containing: "breaker.forced") }
        daemon.kill()
        #expect(try child.waitForEnd() == .exited(69))
        #expect(!(child.outputText + child.errorText).contains("\u{1B}"))
        if option == "--quiet" { #expect(child.outputText == "") }
        guard option == "--json" else { return }
        for line in child.outputText.split(separator: "\n") + child.errorText.split(separator: "\n") {
            guard case .object? = try? JSON(String(line)) else {
                Issue.record("\(line)")
                continue
            }
        }
    }
}
