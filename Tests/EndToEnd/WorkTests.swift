import Foundation
import Glibc
import Testing

@Suite("mend work")
struct WorkTests {
    private let daemon: Daemon
    private let client: LineClient

    init() throws {
        daemon = try Daemon()
        client = try daemon.connect()
    }

    private func start(_ words: String...) throws -> Child {
        try Child(
            [Package.program("mend"), "work"] + words,
            environment: [
                "MEND_SOCKET": daemon.socket, "PLACE": daemon.place.path, "MEND_STEP": "9", "MEND_PAYLOAD_OLD": "1",
            ])
    }

    private func enqueue(_ payload: String = "{}", _ more: String = "") throws -> Int64 {
        try #require(
            try client.result("queue.enqueue", #"{"queue":"q","payload":\#(payload)\#(more)}"#)["operation"].int)
    }

    private func get(_ operation: Int64) throws -> JSON {
        try daemon.connect().result("queue.get", #"{"operation":\#(operation)}"#)
    }

    private func wait(for operation: Int64, ms: Int = 20_000) throws -> JSON {
        try daemon.connect().result("queue.wait", #"{"operation":\#(operation),"wait_ms":\#(ms)}"#)["state"]
    }

    private func written(_ name: String) throws -> String {
        try String(contentsOfFile: daemon.place.file(name), encoding: .utf8)
    }

    @Test("the payload is the command's input, its fields are variables, and nothing else of it is")
    func environment() throws {
        let payload =
            #"{"to":"a b","n-x":[1, 2],"PATH":"none","nul":"a\u0000b","é":true,"long":"\#(String(repeating: "x", count: 140_000))"}"#
        let operation = try enqueue(payload)
        let script =
            #"cat > "$PLACE/input"; env | grep -e '^MEND_' -e '^TRACE' | sort > "$PLACE/env"; date > /dev/null"#
        let child = try start("q", "--drain", "--", "sh", "-c", script)
        #expect(try child.waitForEnd() == .exited(0))
        #expect(try written("input") == payload + "\n")
        let variables = try written("env").split(separator: "\n").map(String.init)
        #expect(
            variables.filter { !$0.hasPrefix("MEND_SOCKET") } == [
                "MEND_ATTEMPT=1", "MEND_MAX_ATTEMPTS=5", "MEND_OPERATION=\(operation)", "MEND_PAYLOAD_N_X=[1, 2]",
                "MEND_PAYLOAD_PATH=none", "MEND_PAYLOAD_TO=a b", "MEND_PAYLOAD__=true", "MEND_QUEUE=q",
            ])
        #expect(child.errorText.contains("nul (it has a NUL), long (it is too long)"))
        #expect(try get(operation)["state"] == "done")
    }

    @Test("a socket that may not be used is tried again for a moment, and then is not")
    func denied() throws {
        try #require(chmod(daemon.socket, 0) == 0)
        // Root may use it all the same, but for this.
        let words = geteuid() == 0 ? ["/usr/bin/setpriv", "--bounding-set=-dac_override"] : []
        let child = try Child(
            words + [Package.program("mend"), "work", "q", "--", "true"], environment: ["MEND_SOCKET": daemon.socket])
        try child.waitForErrors(containing: "trying again")
        #expect(try child.waitForEnd() == .exited(77), "\(child.errorText)")
    }

    @Test("exit status, signal and standard error decide: 0 is done, 75 is later, 65 is never")
    func statuses() throws {
        let scripts = [
            "exit 0", "echo 'no such user' >&2; exit 75", "echo 'connection refused' >&2; exit 65",
            "echo 'Retry-After: 300' >&2; exit 75", "kill -9 $$",
        ]
        let ids = try scripts.map { try enqueue(#"{"run":"\#($0)"}"#) }
        let child = try start("q", "--drain", "--", "sh", "-c", #"eval "$MEND_PAYLOAD_RUN""#)
        #expect(try child.waitForEnd() == .exited(0))
        let found = try ids.map { try get($0) }
        #expect(found.map { $0["state"].text }.prefix(4) == ["done", "scheduled", "dead", "scheduled"])
        let readyAt = try #require(found[3]["ready_at"].int)
        #expect(readyAt > Int64(Date().timeIntervalSince1970 * 1000) + 200_000)
        let told = try daemon.connect().result("error.list", #"{"limit":10}"#)["errors"].elements
        #expect(told.count == 4)
        #expect(told.compactMap { $0["details"]["signal"].int } == [9])
        #expect(child.errorText.split(separator: "\n").filter { $0.hasPrefix("mend: ") }.count == 4)
        #expect(child.errorText.contains("attempt 1 of 5: sh ended with status 65"))
    }

    @Test("once is one operation and its status, or 75; a drain ends when nothing is ready")
    func extents() throws {
        #expect(try start("q", "--once", "--", "true").waitForEnd() == .exited(75))
        let ids = try (0..<5).map { _ in try enqueue() }
        #expect(try start("q", "--once", "--", "sh", "-c", "exit 42").waitForEnd() == .exited(42))
        let drain = try start("other", "q", "--drain", "--parallel", "3", "--verbose", "--", "true")
        #expect(try drain.waitForEnd() == .exited(0))
        #expect(drain.errorText.split(separator: "\n").filter { $0.contains("is done") }.count == 4)
        #expect(try ids.dropFirst().allSatisfy { try get($0)["state"] == "done" })
        #expect(try start("q", "--drain", "--quiet", "--", "false").waitForEnd() == .exited(0))
    }

    @Test("a parallel worker does as many at a time")
    func parallel() throws {
        let ids = try (0..<2).map { _ in try enqueue() }
        let gates = try (0..<2).map { try Gate(daemon.place, "gate\($0)") }
        // Each of the two waits for what the other one does first.
        let script = """
            if [ "$MEND_OPERATION" = \(ids[0]) ]; then echo > "$PLACE/gate0"; read -r line < "$PLACE/gate1"
            else read -r line < "$PLACE/gate0"; echo > "$PLACE/gate1"; fi
            """
        #expect(try start("q", "--drain", "--parallel", "2", "--", "sh", "-c", script).waitForEnd() == .exited(0))
        #expect(try ids.allSatisfy { try get($0)["state"] == "done" })
        withExtendedLifetime(gates) {}
    }

    @Test("the lease is extended while the command lives")
    func extended() throws {
        let gate = try Gate(daemon.place)
        let operation = try enqueue()
        let child = try start("q", "--once", "--lease", "200ms", "--", "sh", "-c", "read -r line < \(gate.path)")
        #expect(try wait(for: operation, ms: 1000) == "leased")
        gate.open()
        #expect(try child.waitForEnd() == .exited(0))
        let done = try get(operation)
        #expect(done["state"] == "done" && done["attempt"] == 1)
    }

    @Test("where the lease is lost, the command and all that it started are ended, and nothing is completed")
    func lost() throws {
        let gate = try Gate(daemon.place)
        let operation = try enqueue()
        let script = "trap '' TERM; echo running; (read -r line < \(gate.path)) & wait"
        let child = try start(
            "q", "--once", "--lease", "300ms", "--kill-after", "50ms", "--", "sh", "-c", script)
        try child.waitForOutput(containing: "running")
        _ = try client.result("queue.cancel", #"{"operation":\#(operation)}"#)
        // What it started has its output: the end of reading is the end of all of it.
        #expect(try child.waitForEnd() == .exited(137))
        #expect(child.errorText.contains("its lease is lost"))
        #expect(try get(operation)["state"] == "cancelled")
    }

    @Test("what takes too long has failed")
    func timeout() throws {
        let operation = try enqueue()
        let child = try start("q", "--once", "--timeout", "100ms", "--", "sh", "-c", "while :; do sleep 0.01; done")
        #expect(try child.waitForEnd() == .exited(124))
        #expect(child.errorText.contains("sh took too long"))
        #expect(try get(operation)["state"] == "scheduled")
    }

    @Test("asked to stop, a worker finishes what it does, takes nothing more, and ends")
    func stop() throws {
        let gate = try Gate(daemon.place)
        let first = try enqueue()
        let second = try enqueue()
        let child = try start(
            "q", "--verbose", "--", "sh", "-c", "echo running; read -r line < \(gate.path)")
        try child.waitForOutput(containing: "running")
        child.signal(SIGTERM)
        try child.waitForErrors(containing: "no further operation is taken")
        gate.open()
        #expect(try child.waitForEnd() == .exited(0))
        #expect(try get(first)["state"] == "done")
        #expect(try get(second)["state"] == "ready" && get(second)["attempt"] == 0)
    }

    @Test("a wait for an operation ends with the signal, and takes nothing along")
    func stopIdle() throws {
        let first = try enqueue()
        let child = try start("q", "--verbose", "--parallel", "3", "--", "true")
        try child.waitForErrors(containing: "operation \(first) of q is done")
        child.signal(SIGINT)
        #expect(try child.waitForEnd() == .exited(0))
        let second = try enqueue()
        #expect(try get(second)["state"] == "ready")
    }

    @Test("a second signal, or the end of the grace, ends the command and gives its operation back unspent")
    func interrupted() throws {
        for grace in ["1h", "50ms"] {
            let operation = try enqueue()
            let child = try start(
                "q", "--verbose", "--grace", grace, "--", "sh", "-c", "echo running; exec sleep 600")
            try child.waitForOutput(containing: "running")
            child.signal(SIGTERM)
            try child.waitForErrors(containing: "no further operation is taken")
            if grace == "1h" { child.signal(SIGTERM) }
            #expect(try child.waitForEnd() == .exited(0))
            #expect(child.errorText.contains("is given back, and no attempt is spent"))
            let back = try get(operation)
            #expect(back["state"] == "ready" && back["attempt"] == 0)
            #expect(try start("q", "--drain", "--", "true").waitForEnd() == .exited(0))
        }
    }

    @Test("a daemon that is killed and started again in the middle of a command loses nothing")
    func restarted() throws {
        let gate = try Gate(daemon.place)
        let operation = try enqueue()
        let script = "echo running; read -r line < \(gate.path); echo $MEND_OPERATION >> \"$PLACE/done\""
        let child = try start("q", "--lease", "300ms", "--verbose", "--", "sh", "-c", script)
        try child.waitForOutput(containing: "running")
        daemon.kill()
        try child.waitForErrors(containing: "trying again until the daemon is back")
        gate.open()
        try daemon.restart()
        #expect(try wait(for: operation) == "done")
        #expect(try get(operation)["attempt"] == 1)
        let next = try daemon.connect().result("queue.enqueue", #"{"queue":"q","payload":1}"#)["operation"].int
        gate.open()
        #expect(try wait(for: try #require(next)) == "done")
        child.signal(SIGTERM)
        #expect(try child.waitForEnd() == .exited(0))
        #expect(try written("done") == "\(operation)\n\(operation + 1)\n")
        #expect(child.errorText.components(separatedBy: "trying again until").count == 2)
        #expect(child.errorText.components(separatedBy: "the daemon is back").count == 3)
    }

    @Test("without a daemon a drain says so at once, and a worker stays")
    func away() throws {
        daemon.kill()
        #expect(try start("q", "--drain", "--", "true").waitForEnd() == .exited(69))
        let child = try start("q", "--", "true")
        try child.waitForErrors(containing: "trying again until the daemon is back")
        try daemon.restart()
        try child.waitForErrors(containing: "the daemon is back\n")
        child.signal(SIGTERM)
        #expect(try child.waitForEnd() == .exited(0))
    }

    @Test("a worker from a file does what the file says, and a mistake is told with its line")
    func configurationFile() throws {
        let shell = try ShellPlace()
        _ = try shell.client.result("queue.enqueue", #"{"queue":"q","payload":{"name":"a"}}"#)
        try shell.daemon.place.write(
            "queue: q\ncommand: echo \"$MEND_PAYLOAD_NAME\" >> \"$PLACE/done\"\ndrain: yes\n", to: "worker.yaml")
        let worker = try shell.mend("work", "--config", shell.daemon.place.file("worker.yaml"))
        #expect(try worker.waitForEnd() == .exited(0), "\(worker.errorText)")
        #expect(shell.lines("done") == ["a"])
        try shell.daemon.place.write("queue: q\ncomand: x\n", to: "worker.yaml")
        let refused = try shell.mend("work", "--config", shell.daemon.place.file("worker.yaml"))
        #expect(try refused.waitForEnd() == .exited(64))
        #expect(refused.errorText.contains("worker.yaml:2: there is no key comand; did you mean command?"))
    }
}
