import Foundation
import Glibc
import Testing

@Suite("mend run")
struct RunTests {
    /// Fails at once, three attempts in all.
    private static let quick = #"{"strategy":"fixed","base_ms":1,"jitter":"none","max_attempts":3}"#

    private func start(
        _ words: [String], in place: TemporaryDirectory, socket: String, input: String = "/dev/null"
    ) throws -> Child {
        try Child(
            [Package.program("mend")] + words,
            environment: [
                "MEND_SOCKET": socket, "XDG_STATE_HOME": place.file("own"), "XDG_CACHE_HOME": place.file("cache"),
                "PLACE": place.path,
            ], input: input)
    }

    private func run(
        _ daemon: Daemon, _ words: String..., input: String = "/dev/null"
    ) throws -> (status: Child.End, output: String, errors: String) {
        let child = try start(["run"] + words, in: daemon.place, socket: daemon.socket, input: input)
        return (try child.waitForEnd(), child.outputText, child.errorText)
    }

    private func mend(_ daemon: Daemon, _ words: String...) throws -> (
        status: Child.End, output: String, errors: String
    ) {
        let child = try start(words, in: daemon.place, socket: daemon.socket)
        return (try child.waitForEnd(), child.outputText, child.errorText)
    }

    private func reports(_ daemon: Daemon) throws -> [JSON] {
        try daemon.connect().result("error.list", #"{"limit":100}"#)["errors"].elements.reversed()
    }

    @Test("a command's status, output and errors come through, and nothing is said of one that succeeds")
    func through() throws {
        let daemon = try Daemon()
        let good = try run(daemon, "--", "sh", "-c", "echo out; echo err >&2")
        #expect(good == (.exited(0), "out\n", "err\n"))
        #expect(try run(daemon, "--", "sh", "-c", "exit 42").status == .exited(42))
        #expect(try run(daemon, "--", "sh", "-c", "kill -9 $$").status == .exited(137))
        #expect(try run(daemon, "--", "/nowhere/x").status == .exited(127))
        #expect(try run(daemon, "--", "/etc/passwd").status == .exited(126))
        let told = try reports(daemon)
        #expect(told.map { $0["details"]["exit_status"].int ?? $0["details"]["signal"].int } == [42, 9, 127, 126])
        #expect(told.map { $0["code"].text } == [nil, "process.killed", "process.not_found", "process.not_executable"])
    }

    @Test("it is tried again only where the verdict says so, as often as it says, with all of its input each time")
    func again() throws {
        let daemon = try Daemon()
        let script = """
            cat > "$PLACE/input.$MEND_ATTEMPT"; echo "attempt $MEND_ATTEMPT"
            [ "$MEND_ATTEMPT" = 3 ] || { echo "curl: (7) connection refused" >&2; exit 7; }
            """
        let text = String(repeating: "0123456789abcdef", count: 20_000)
        try daemon.place.write(text, to: "given")
        let fromFile = try run(
            daemon, "--retry", Self.quick, "--", "sh", "-c", script, input: daemon.place.file("given"))
        #expect(fromFile.status == .exited(0) && fromFile.output == "attempt 1\nattempt 2\nattempt 3\n")
        for attempt in 1...3 {
            #expect(try text == String(contentsOfFile: daemon.place.file("input.\(attempt)"), encoding: .utf8))
        }

        let pipeline = try Child(
            [
                "/bin/sh", "-c", "cat \"$PLACE/given\" | \"$0\" run --hold-output --retry \"$1\" -- sh -c \"$2\"",
                Package.program("mend"), Self.quick, script,
            ],
            environment: ["MEND_SOCKET": daemon.socket, "PLACE": daemon.place.path])
        #expect(try pipeline.waitForEnd() == .exited(0))
        #expect(pipeline.outputText == "attempt 3\n")
        for attempt in 1...3 {
            #expect(try text == String(contentsOfFile: daemon.place.file("input.\(attempt)"), encoding: .utf8))
        }

        let never = try run(daemon, "--retry", Self.quick, "--", "sh", "-c", "echo 'bad option' >&2; exit 64")
        #expect(never.status == .exited(64))
        #expect(never.errors.contains("no further attempt"))
        #expect(try reports(daemon).map { $0["details"]["attempt"].int } == [1, 2, 1, 2, 1])
    }

    @Test("what takes too long is ended with all that it started, and for good where it does not listen")
    func timeout() throws {
        let daemon = try Daemon()
        let script = "trap '' TERM; (trap '' TERM; echo $$ > \"$PLACE/child\"; exec sleep 600) & wait; sleep 600"
        let late = try run(daemon, "--timeout", "200ms", "--kill-after", "100ms", "--", "sh", "-c", script)
        #expect(late.status == .exited(124))
        let told = try reports(daemon)
        #expect(told.map { $0["code"].text } == ["process.timeout"])
        // Its output was ours: the end of what it had started has been seen, or there would be no end of reading.
    }

    @Test("what is left of a command that took too long has its time to end, and is ended for good when that is over")
    func company() throws {
        let daemon = try Daemon()
        let willing = "(trap 'sleep 0.05; echo flushed; exit' TERM; echo up; while :; do sleep 0.01; done) & wait"
        let flushed = try run(daemon, "--timeout", "500ms", "--", "sh", "-c", willing)
        #expect(flushed.status == .exited(124) && flushed.output == "up\nflushed\n")
        let stubborn = "(trap '' TERM; echo up; exec sleep 600) & wait"
        let ended = try run(daemon, "--timeout", "500ms", "--kill-after", "100ms", "--", "sh", "-c", stubborn)
        #expect(ended.status == .exited(124) && ended.output == "up\n")
    }

    @Test("a reader of standard error who does not read holds up neither the command's end nor ours")
    func unread() throws {
        let daemon = try Daemon()
        let script = """
            mkfifo "$PLACE/unread"; exec 7<> "$PLACE/unread"
            "$0" run --timeout 300ms --kill-after 100ms -- sh -c 'yes >&2' 2>&7; echo $?
            """
        let child = try Child(
            ["/bin/sh", "-c", script, Package.program("mend")],
            environment: ["MEND_SOCKET": daemon.socket, "PLACE": daemon.place.path])
        #expect(try child.waitForEnd() == .exited(0))
        #expect(child.outputText == "124\n")
    }

    @Test("arguments and the environment come through byte by byte, whether they are UTF-8 or not")
    func bytes() throws {
        let daemon = try Daemon()
        let script = #"""
            BYTES=$(printf 'a\377'); export BYTES
            "$0" run -- sh -c 'printf "%s,%s,%s" "$BYTES" "$1" "$2"' - "$(printf '\376')" "$(printf '\351')" | od -An -tx1
            """#
        let child = try Child(
            ["/bin/sh", "-c", script, Package.program("mend")], environment: ["MEND_SOCKET": daemon.socket])
        #expect(try child.waitForEnd() == .exited(0))
        #expect(child.outputText == " 61 ff 2c fe 2c e9\n")
    }

    @Test("where the input was longer than can be given again, the fallback runs without one")
    func longInput() throws {
        let daemon = try Daemon()
        let script = """
            head -c 270M /dev/zero | "$0" run --fallback 'wc -c' -- sh -c 'cat > /dev/null; exit 4'
            """
        let child = try Child(
            ["/bin/sh", "-c", script, Package.program("mend")], environment: ["MEND_SOCKET": daemon.socket])
        #expect(try child.waitForEnd() == .exited(0))
        #expect(child.outputText == "0\n")
        #expect(child.errorText.contains("the fallback has none"))
    }

    @Test("a daemon that hangs holds no command up: the report is kept, and the status comes through")
    func hangs() throws {
        let place = try TemporaryDirectory()
        let socket = place.file("hung")
        let listener = try Child(
            [
                "/usr/bin/python3", "-c",
                "import socket,sys,time; s=socket.socket(1); s.bind(sys.argv[1]); s.listen(9); print('up',flush=True); time.sleep(600)",
                socket,
            ])
        try listener.waitForOutput(containing: "up")
        let child = try start(["run", "--", "sh", "-c", "exit 3"], in: place, socket: socket)
        #expect(try child.waitForEnd() == .exited(3))
        #expect(try FileManager.default.contentsOfDirectory(atPath: place.file("own/mend/spool")).count == 1)
    }

    @Test("what cannot be delivered out of the spool does not keep what is behind it")
    func refusedReports() throws {
        let daemon = try Daemon()
        let spool = daemon.place.file("own/mend/spool")
        try FileManager.default.createDirectory(atPath: spool, withIntermediateDirectories: true)
        #expect(mkfifo("\(spool)/1.json", 0o600) == 0)
        let long = String(repeating: "A", count: 2 << 20)
        try daemon.place.write("{\"message\":\"long\",\"stderr\":\"\(long)\"}\n", to: "own/mend/spool/2.json")
        try daemon.place.write("{\"message\":\"kept\"}\n", to: "own/mend/spool/3.json")
        #expect(try run(daemon, "--", "false").status == .exited(1))
        #expect(try reports(daemon).map { $0["message"].text }.contains("kept"))
        #expect(
            try FileManager.default.contentsOfDirectory(atPath: spool).sorted() == ["1.json", "2.json.refused"])
    }

    @Test("signals are passed on to the command, whose end is no failure then")
    func signals() throws {
        let daemon = try Daemon()
        let child = try start(
            ["run", "--", "sh", "-c", "trap 'echo ended; exit 3' TERM; echo ready; while :; do sleep 0.01; done"],
            in: daemon.place, socket: daemon.socket)
        try child.waitForOutput(containing: "ready")
        child.signal(SIGTERM)
        #expect(try child.waitForEnd() == .exited(3))
        #expect(child.outputText == "ready\nended\n")
        #expect(try reports(daemon).isEmpty)
    }

    @Test("a wait for the next attempt ends with the signal")
    func signalBetween() throws {
        let daemon = try Daemon()
        let child = try start(
            [
                "run", "--retry", #"{"strategy":"fixed","base_ms":600000,"jitter":"none"}"#, "--", "sh", "-c",
                "echo 'connection refused' >&2; exit 1",
            ], in: daemon.place, socket: daemon.socket)
        try child.waitForErrors(containing: "follows in")
        child.signal(SIGTERM)
        #expect(try child.waitForEnd() == .exited(143))
    }

    @Test("a breaker that is open spares the attempt, and what is to be done instead is done")
    func breaker() throws {
        let daemon = try Daemon()
        let client = try daemon.connect()
        _ = try client.result(
            "breaker.configure", #"{"breaker":"shop","failure_threshold":2,"recovery_timeout_ms":300000}"#)
        for _ in 1...2 {
            let failed = try run(daemon, "--breaker", "shop", "--", "sh", "-c", "echo 'connection refused' >&2; exit 7")
            #expect(failed.status == .exited(7))
        }
        let spared = try run(daemon, "--breaker", "shop", "--", "touch", daemon.place.file("tried"))
        #expect(spared.status == .exited(75))
        #expect(spared.errors.contains("the breaker shop is open"))
        #expect(!FileManager.default.fileExists(atPath: daemon.place.file("tried")))
        let other = try run(
            daemon, "--breaker", "shop", "--fallback", "echo instead of $MEND_STATUS", "--", "true")
        #expect(other.status == .exited(0) && other.output == "instead of 75\n")
    }

    @Test("what a command printed when it last succeeded stands for it, as long as it is not too old")
    func last() throws {
        let daemon = try Daemon()
        func ask(_ age: String) throws -> (status: Child.End, output: String, errors: String) {
            try run(
                daemon, "--fallback-last", age, "--", "sh", "-c",
                "[ ! -e \"$PLACE/down\" ] || { echo half; exit 9; }; echo prices")
        }
        #expect(try ask("1h").output == "prices\n")
        try daemon.place.write("", to: "down")
        let kept = try ask("1h")
        #expect(
            kept.status == .exited(0) && kept.output == "prices\n" && kept.errors.contains("printing what it printed"))
        var times = [timespec(tv_sec: 1_000_000_000, tv_nsec: 0), timespec(tv_sec: 1_000_000_000, tv_nsec: 0)]
        for name in try FileManager.default.contentsOfDirectory(atPath: daemon.place.file("cache/mend/last")) {
            utimensat(AT_FDCWD, daemon.place.file("cache/mend/last/\(name)"), &times, 0)
        }
        let old = try ask("1h")
        #expect(old.status == .exited(9) && old.output == "half\n" && old.errors.contains("too old"))
    }

    @Test("without the daemon the command runs all the same, its report is kept, and is delivered once")
    func away() throws {
        let daemon = try Daemon()
        daemon.kill()
        let alone = try run(daemon, "--retry", "3", "--", "sh", "-c", "echo 'connection refused' >&2; exit 7")
        #expect(alone.status == .exited(7))
        #expect(alone.errors.contains("the report is kept in"))
        let refused = try run(daemon, "--if-unavailable", "fail", "--", "touch", daemon.place.file("tried"))
        #expect(refused.status == .exited(69))
        #expect(!FileManager.default.fileExists(atPath: daemon.place.file("tried")))
        let spool = daemon.place.file("own/mend/spool")
        let names = try FileManager.default.contentsOfDirectory(atPath: spool)
        #expect(names.count == 1)
        // As after a crash between the delivery and its end.
        try FileManager.default.copyItem(atPath: "\(spool)/\(names[0])", toPath: daemon.place.file("copy"))
        try daemon.restart()
        #expect(try run(daemon, "--", "true").errors.contains("1 report that was kept has been delivered"))
        try FileManager.default.copyItem(atPath: daemon.place.file("copy"), toPath: "\(spool)/\(names[0])")
        #expect(try run(daemon, "--", "false").status == .exited(1))
        let told = try reports(daemon)
        #expect(told.filter { $0["message"].text?.hasPrefix("sh ended") == true }.count == 1)
        #expect(try FileManager.default.contentsOfDirectory(atPath: spool).isEmpty)
    }

    @Test(
        "a report whose answer was lost is kept under the key under which it was sent",
        .enabled(if: Tool.isInstalled("socat")))
    func lostAnswer() throws {
        let daemon = try Daemon()
        daemon.kill()
        unlink(daemon.socket)
        let log = daemon.place.file("sent")
        // What hears the report, and hangs up.
        let socat = try #require(Tool.path("socat"))
        let deaf = try Child(
            [socat, "-d", "-d", "UNIX-LISTEN:\(daemon.socket),fork", "SYSTEM:'read -r line; echo \"$line\" >> \(log)'"])
        try deaf.waitForErrors(containing: "listening on")
        #expect(try run(daemon, "--", "false").errors.contains("the report is kept in"))
        deaf.kill()
        let keys = try String(contentsOfFile: log, encoding: .utf8).split(separator: "\n").map {
            try #require(JSON(String($0))["params"]["_meta"]["idempotency_key"].text)
        }
        let kept = try FileManager.default.contentsOfDirectory(atPath: daemon.place.file("own/mend/spool"))
        #expect(!keys.isEmpty && Set(keys.map { "\($0).json" }) == Set(kept))
        unlink(daemon.socket)
        try daemon.restart()
        #expect(try run(daemon, "--", "false").errors.contains("1 report that was kept has been delivered"))
    }

    @Test("with --json what mend itself says is an object a line")
    func json() throws {
        let daemon = try Daemon()
        let failed = try run(daemon, "--json", "--", "sh", "-c", "exit 42")
        #expect(failed.status == .exited(42))
        let said = try failed.errors.split(separator: "\n").map { try JSON(String($0)) }
        #expect(said.first?["message"].text?.contains("42") == true)
        daemon.kill()
        let alone = try run(daemon, "--json", "--", "true")
        #expect(try alone.errors.split(separator: "\n").allSatisfy { try JSON(String($0))["message"] != nil })
    }

    @Test("what is kept can be looked at, and given to the daemon")
    func spool() throws {
        let daemon = try Daemon()
        daemon.kill()
        _ = try run(daemon, "--service", "nightly", "--", "sh", "-c", "echo no space >&2; exit 28")
        try daemon.place.write("{}", to: "own/mend/spool/1-strange.json")
        let listed = try mend(daemon, "spool", "list", "--json")
        #expect(try JSON(listed.output)["service"] == "nightly")
        #expect(try mend(daemon, "spool", "list").output.contains("nightly"))
        #expect(try mend(daemon, "spool", "deliver").status == .exited(69))
        try daemon.restart()
        let delivered = try mend(daemon, "spool", "deliver")
        #expect(delivered.status == .exited(0) && delivered.errors.contains("1 report delivered"))
        #expect(try reports(daemon).map { $0["service"] } == ["nightly"])
        #expect(try mend(daemon, "spool", "list", "--json").output == "")
        let left = try FileManager.default.contentsOfDirectory(atPath: daemon.place.file("own/mend/spool"))
        #expect(left == ["1-strange.json.unreadable"])
    }

    @Test("a misspelt retry policy is refused before the command runs, and what failed once says whether to try again")
    func advice() throws {
        let daemon = try Daemon()
        let misspelt = try run(daemon, "--retry", "netwrok", "--", "echo", "it ran")
        #expect(misspelt.status == .exited(64) && misspelt.output == "")
        #expect(misspelt.errors.contains("one of quick, standard, patient, network, docker"))
        let once = try run(daemon, "--", "sh", "-c", "echo 'connection refused' >&2; exit 1")
        #expect(once.errors.hasSuffix("(error 1, group 1): trying again may help\n"), "\(once.errors)")
    }

    @Test("what nohup protects stays protected")
    func hangUp() throws {
        let daemon = try Daemon()
        let child = try Child(
            [
                "/bin/sh", "-c", #"trap '' HUP; exec "$0" run -- sh -c 'kill -HUP $PPID; kill -HUP $$; echo alive'"#,
                Package.program("mend"),
            ], environment: ["MEND_SOCKET": daemon.socket, "PATH": "/usr/bin:/bin"])
        #expect(try child.waitForEnd() == .exited(0))
        #expect(child.outputText == "alive\n")
    }

    @Test("Ctrl-C ends the command, its retries and the script around it", arguments: ["bash", "dash"])
    func interrupted(shell: String) throws {
        let daemon = try Daemon()
        for command in [
            #""$MEND" run --retry 3 -- sh -c 'echo running; exec sleep 600'"#,
            #""$MEND" run --retry 3 -- sh -c 'echo running; exec sleep 600' </dev/null"#,
            #""$MEND" run --retry '{"base_ms":600000,"max_delay_ms":600000}' -- sh -c 'echo refused; exit 7'"#,
            #""$MEND" txn step "$("$MEND" txn begin t)" --undo 'echo undone' -- sh -c 'echo running; exec sleep 600'"#,
        ] {
            let terminal = try PseudoTerminal()
            let child = try terminal.start(
                // Tests that run in the background may have it ignored.
                [
                    "setsid", "--ctty", "--wait", "env", "--default-signal=INT", shell, "-c",
                    "\(command); echo went on",
                ],
                environment: [
                    "MEND": Package.program("mend"), "MEND_SOCKET": daemon.socket,
                    "XDG_STATE_HOME": daemon.place.file("own"), "PATH": "/usr/bin:/bin",
                ])
            try terminal.wait { $0.contains("running") || $0.contains("attempt 2 follows") }
            terminal.type("\u{3}")
            try child.waitForEnd()
            let text = try terminal.finish()
            #expect(!text.contains("went on"), "\(command): \(text)")
            #expect(text.contains("undone") == command.contains("undo"))
        }
        // Only the one that failed by itself.
        #expect(try reports(daemon).count == 1)
    }

    @Test("without XDG_STATE_HOME and HOME a report is kept where a service has its state")
    func stateOfService() throws {
        let place = try TemporaryDirectory()
        for (name, environment) in [
            ("service", ["STATE_DIRECTORY": "\(place.file("service")):/nowhere"]),
            ("dynamic", ["STATE_DIRECTORY": place.file("dynamic"), "HOME": "/"]),
            ("home/.local/state", ["STATE_DIRECTORY": "/nowhere", "HOME": place.file("home")]),
        ] {
            let child = try Child(
                [Package.program("mend"), "error", "report", "x", "--if-unavailable", "spool"],
                environment: environment.merging(["MEND_SOCKET": "/nowhere"]) { $1 })
            #expect(try child.waitForEnd() == .exited(0), "\(child.errorText)")
            let kept = try FileManager.default.contentsOfDirectory(atPath: place.file("\(name)/mend/spool"))
            #expect(kept.count == 1, "\(name)")
        }
    }
}
