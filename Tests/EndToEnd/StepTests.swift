import Foundation
import Glibc
import Testing

@Suite("Steps of the shell and their undos")
struct StepTests {
    private let place: ShellPlace

    init() throws { place = try ShellPlace() }

    @Test("the undo is written down before the command starts, and its success confirms the step")
    func recorded() throws {
        let transaction = try place.begin()
        let step = try place.mend(
            "txn", "step", transaction, "--undo", "echo undo", "--", "sh", "-c",
            "mend txn get $MEND_TRANSACTION --json; echo step $MEND_STEP >&2")
        #expect(try step.waitForEnd() == .exited(0))
        let seen = try JSON(step.outputText)["steps"][0]
        #expect(seen["state"] == "recorded" && seen["queue"].text == place.undos)
        #expect(step.errorText == "step 1\n")
        let kept = try place.get(transaction)["steps"][0]
        #expect(kept["state"] == "confirmed" && kept["name"].text?.hasPrefix("sh -c mend") == true)
        #expect(try place.mend("txn", "commit", transaction).waitForEnd() == .exited(0))
    }

    @Test("a step that fails is reported, and the steps are undone, last first, as they were told to be")
    func failed() throws {
        let transaction = try place.begin()
        let first = try place.mend(
            "txn", "step", transaction, "one", "--undo", #"echo "undo 1 $MEND_STEP in $PWD" >> "$PLACE/log""#, "--",
            "true")
        #expect(try first.waitForEnd() == .exited(0))
        let second = try place.script(
            #"cd "$PLACE" && mend txn step \#(transaction) two --undo 'echo "undo 2 in $PWD" >> log' -- sh -c 'exit 3'"#
        )
        #expect(try second.waitForEnd() == .exited(3))
        #expect(
            place.lines("log") == [
                "undo 2 in \(place.daemon.place.path)", "undo 1 1 in \(FileManager.default.currentDirectoryPath)",
            ])
        #expect(try place.get(transaction)["info"]["state"] == "rolled_back")
        #expect(second.errorText.contains("undoing step 1 of transaction \(transaction): echo \"undo 1"))
        let told = try place.client.result("error.list")["errors"].elements
        #expect(told.map { $0["details"]["exit_status"].int } == [3])
        #expect(try place.mend("txn", "step", transaction, "--", "/nowhere/x").waitForEnd() == .exited(1))
        let missing = try place.begin()
        #expect(try place.mend("txn", "step", missing, "--", "/nowhere/x").waitForEnd() == .exited(127))
        #expect(try place.get(missing)["info"]["state"] == "rolled_back")
    }

    @Test("what a failed step has left running has ended before its undo begins")
    func leftovers() throws {
        let transaction = try place.begin()
        let step = try place.mend(
            "txn", "step", transaction, "--undo", Self.look, "--", "sh", "-c",
            #"setsid sh -c 'echo $$ > "$PLACE/pid"; exec sleep 600' & while [ ! -s "$PLACE/pid" ]; do sleep 0.01; done; exit 3"#
        )
        #expect(try step.waitForEnd() == .exited(3))
        #expect(place.lines("log") == ["alone"])
    }

    @Test("an undo that is not UTF-8 is not written down as something else")
    func undoBytes() throws {
        let transaction = try place.begin()
        let step = try place.script(
            #"mend txn step \#(transaction) --undo "rm -f $(printf '\351')" -- touch "$PLACE/done""#)
        #expect(try step.waitForEnd() == .exited(64))
        #expect(step.errorText.contains("--undo is not UTF-8"))
        #expect(!FileManager.default.fileExists(atPath: place.daemon.place.file("done")))
        let file = try place.script(#"printf 'touch "$PLACE/\351"\n' | mend txn run -"#)
        #expect(try file.waitForEnd() == .exited(64))
        #expect(file.errorText.contains("is not UTF-8"))
    }

    @Test("a signal that ends the command undoes the steps")
    func interrupted() throws {
        let transaction = try place.begin()
        let step = try place.mend(
            "txn", "step", transaction, "--undo", "echo undone", "--", "sh", "-c", "echo running; exec sleep 600")
        try step.waitForOutput(containing: "running")
        step.signal(SIGINT)
        #expect(try step.waitForEnd() == .killed(by: SIGINT))
        #expect(step.outputText == "running\nundone\n")
        #expect(try place.client.result("error.list")["errors"].elements.isEmpty)
    }

    @Test("at the deadline the command is ended, and only then its undo begins")
    func deadline() throws {
        let transaction = try place.begin(#","timeout_ms":300"#)
        let step = try place.mend(
            "txn", "step", transaction, "--undo", "echo undone", "--", "sh", "-c",
            "trap 'echo ended; exit 9' TERM; while :; do sleep 0.01; done")
        #expect(try step.waitForEnd() == .exited(9))
        #expect(step.outputText == "ended\nundone\n")
        #expect(step.errorText.contains("its deadline passed"))
        #expect(try place.get(transaction)["info"]["state"] == "rolled_back")
    }

    /// Ignores what it is asked, with all that it starts, and says who it is.
    private static let stubborn = #"trap '' TERM; (echo $$ > "$PLACE/pid"; echo running; exec sleep 600) & wait"#
    /// One that has ended and that nobody has waited for is alone, too.
    private static let look = #"""
        if grep -qs '^State:.[^ZX]' "/proc/$(cat "$PLACE/pid")/status"; then echo both; else echo alone; fi >> "$PLACE/log"
        """#

    @Test("an undo does not begin before its step has been ended by force, whoever rolls back and runs it")
    func overtaking() throws {
        let worker = try place.mend("undo", "work")
        let transaction = try place.begin()
        let step = try place.mend(
            "txn", "step", transaction, "--undo", Self.look, "--no-work", "--kill-after", "200ms", "--", "sh", "-c",
            Self.stubborn)
        try step.waitForOutput(containing: "running")
        try place.rollBack(transaction)
        #expect(try place.end(of: transaction) == "rolled_back")
        #expect(place.lines("log") == ["alone"])
        #expect(try step.waitForEnd() == .exited(137))
        worker.signal(SIGTERM)
        #expect(try worker.waitForEnd() == .exited(0))
    }

    @Test("what a step has left that was killed itself is ended before the step is undone")
    func orphan() throws {
        let transaction = try place.begin()
        let step = try place.mend(
            "txn", "step", transaction, "--undo", Self.look, "--", "sh", "-c",
            #"echo $$ > "$PLACE/pid"; echo running; exec sleep 600"#)
        try step.waitForOutput(containing: "running")
        step.kill()
        try place.rollBack(transaction)
        let worker = try place.mend("undo", "work", "--drain")
        #expect(try worker.waitForEnd() == .exited(0))
        #expect(worker.errorText.contains("ending what is left of the step"))
        #expect(try place.end(of: transaction) == "rolled_back")
        #expect(place.lines("log") == ["alone"])
        #expect(try FileManager.default.contentsOfDirectory(atPath: place.daemon.place.file("own/mend/steps")).isEmpty)
    }

    @Test("a rollback from the shell shows its undos and runs them, or leaves them to the worker")
    func rollback() throws {
        func prepare() throws -> String {
            let transaction = try place.begin()
            for step in 1...3 {
                let done = try place.mend("txn", "step", transaction, "--undo", "echo undo \(step)", "--", "true")
                #expect(try done.waitForEnd() == .exited(0))
            }
            return transaction
        }
        let own = try place.mend("txn", "rollback", try prepare())
        #expect(try own.waitForEnd() == .exited(0))
        #expect(own.outputText.hasPrefix("undo 3\nundo 2\nundo 1\nrolled_back, 3 steps"))
        #expect(own.errorText.split(separator: "\n").filter { $0.contains("undoing step") }.count == 3)

        let left = try prepare()
        let begun = try place.mend("txn", "rollback", left, "--no-work")
        #expect(try begun.waitForEnd() == .exited(0))
        #expect(begun.outputText.hasPrefix("rolling_back"))
        let worker = try place.mend("undo", "work", "--drain", "--quiet")
        #expect(try worker.waitForEnd() == .exited(0))
        #expect(worker.outputText == "undo 3\nundo 2\nundo 1\n" && worker.errorText.isEmpty)

        let savepoint = try prepare()
        let back = try place.mend("txn", "rollback", savepoint, "--to-step", "1", "--json")
        #expect(try back.waitForEnd() == .exited(0))
        #expect(back.outputText.hasSuffix("{\"state\":\"active\",\"steps\":3}\n"))
    }

    @Test("a rollback that is parked, or that waits for others, does not end well")
    func unfinished() throws {
        let parked = try place.begin()
        let once = #"{"strategy":"fixed","base_ms":1,"jitter":"none","max_attempts":1}"#
        let step = try place.mend(
            "txn", "step", parked, "--undo", "exit 4", "--undo-policy", once, "--", "true")
        #expect(try step.waitForEnd() == .exited(0))
        #expect(try place.mend("txn", "rollback", parked).waitForEnd() == .exited(1))
        #expect(try place.get(parked)["info"]["state"] == "parked")
        let shown = try place.mend("txn", "show", parked)
        #expect(try shown.waitForEnd() == .exited(0) && shown.outputText.contains("parked"))
        try place.daemon.place.write("true ::: exit 65\nfalse\n", to: "steps")
        let script = try place.mend("txn", "run", place.daemon.place.file("steps"))
        #expect(try script.waitForEnd() == .exited(1))
        let number = try #require(Int(parked)) + 1
        #expect(
            script.errorText.hasSuffix(
                "\nhint: try that undo again: mend txn resume \(number); pass over it: mend txn skip \(number)\n"),
            "\(script.errorText)")

        let others = try place.begin()
        #expect(
            try place.mend("txn", "step", others, "--undo-queue", "u", "--undo", "1", "--", "true").waitForEnd()
                == .exited(0))
        let waiting = try place.mend("txn", "rollback", others)
        #expect(try waiting.waitForEnd() == .exited(75))
        #expect(waiting.errorText.contains("step 1 (true) is undone by whoever works on the queue u"))
    }

    @Test("what another user has enqueued, or what is no undo of the shell, is never run")
    func refused() throws {
        let good = #"{"sh":"touch \#(place.daemon.place.file("ran"))","directory":"/","path":"/bin"}"#
        let payloads = [good, #""touch x""#, #"{"sh":"touch x"}"#, #"{"sh":"x","directory":"/","path":"/","more":1}"#]
        let ids = try payloads.map { payload in
            let call = #"{"queue":"\#(place.undos)","payload":\#(payload)}"#
            return try #require(try place.client.result("queue.enqueue", call)["operation"].int)
        }
        try place.daemon.stop()
        try SQLite.execute(
            "UPDATE operations SET uid = 4711 WHERE id = \(ids[0])", on: place.daemon.databasePath)
        try place.daemon.restart()
        let worker = try place.mend("undo", "work", "--drain")
        #expect(try worker.waitForEnd() == .exited(0))
        let client = try place.daemon.connect()
        for id in ids { #expect(try client.result("queue.get", #"{"operation":\#(id)}"#)["state"] == "dead") }
        #expect(!FileManager.default.fileExists(atPath: place.daemon.place.file("ran")))
        #expect(worker.errorText.contains("user 4711 has enqueued this"))
        #expect(worker.errorText.components(separatedBy: "this is no undo of the shell").count == 4)
    }
}
