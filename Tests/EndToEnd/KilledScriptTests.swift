import Foundation
import Glibc
import Testing

@Suite("Scripts that are killed in a transaction of five steps")
struct KilledScriptTests {
    private let place: ShellPlace

    init() throws { place = try ShellPlace() }

    private static let script = """
        txn=$(mend txn begin five --hold-pid $$) || exit 1
        echo "$txn" > "$PLACE/txn"
        for n in 1 2 3 4 5; do
            mend txn step "$txn" "step $n" --undo "echo undo $n >> '$PLACE/log'" -- \\
                sh -c "echo do $n >> '$PLACE/log'; [ '$KILL' != in$n ] || kill -9 $$"
            [ "$KILL" != after$n ] || kill -9 $$
        done
        mend txn commit "$txn"
        kill -9 $$
        """

    /// What is done, and undone last-first.
    private func log(upTo last: Int) -> [String] {
        (1...last).map { "do \($0)" } + (1...last).reversed().map { "undo \($0)" }
    }

    private func undoAll(_ transaction: String) throws -> JSON {
        let worker = try place.mend("undo", "work")
        let state = try place.end(of: transaction)
        worker.signal(SIGTERM)
        #expect(try worker.waitForEnd() == .exited(0))
        return state
    }

    @Test("before or after each step's end, all that was done is undone, last first")
    func script() throws {
        for kill in (1...5).flatMap({ ["in\($0)", "after\($0)"] }) {
            place.remove("log")
            let child = try place.script(Self.script, with: ["KILL": kill])
            #expect(try child.waitForEnd() == .killed(by: SIGKILL))
            let transaction = try #require(place.lines("txn").first)
            #expect(try undoAll(transaction) == "rolled_back", "\(kill)")
            #expect(try place.lines("log") == log(upTo: #require(kill.last?.wholeNumberValue)), "\(kill)")
        }
        place.remove("log")
        #expect(try place.script(Self.script, with: ["KILL": ""]).waitForEnd() == .killed(by: SIGKILL))
        #expect(try undoAll(#require(place.lines("txn").first)) == "committed")
        #expect(place.lines("log") == (1...5).map { "do \($0)" })
    }

    private func file(_ step: (Int) -> String) throws -> String {
        let lines = (1...5).map { n in
            "echo do \(n) >> \"$PLACE/log\"; echo \"$MEND_TRANSACTION\" > \"$PLACE/txn\"; \(step(n)) ::: echo undo \(n) >> \"$PLACE/log\""
        }
        try place.daemon.place.write("# five steps\n\n" + lines.joined(separator: "\n") + "\n", to: "steps")
        return place.daemon.place.file("steps")
    }

    @Test("a file of steps is one transaction, which is undone where its program is killed at any of them")
    func runKilled() throws {
        for kill in 1...5 {
            place.remove("log")
            let child = try place.mend("txn", "run", file { $0 == kill ? "kill -9 $PPID" : ":" })
            #expect(try child.waitForEnd() == .killed(by: SIGKILL))
            #expect(try undoAll(#require(place.lines("txn").first)) == "rolled_back")
            #expect(place.lines("log") == log(upTo: kill))
        }
        place.remove("log")
        #expect(try place.mend("txn", "run", file { _ in ":" }).waitForEnd() == .exited(0))
        #expect(try place.end(of: #require(place.lines("txn").first)) == "committed")
        #expect(place.lines("log") == (1...5).map { "do \($0)" })
    }

    @Test("a step of a file that fails, or that Ctrl-C ends, undoes what was done")
    func runFailed() throws {
        for (step, end) in [("exit 7", Child.End.exited(7)), ("echo running; exec sleep 600", .killed(by: SIGINT))] {
            place.remove("log")
            let child = try place.mend("txn", "run", file { $0 == 3 ? step : ":" })
            if end == .killed(by: SIGINT) {
                try child.waitForOutput(containing: "running")
                child.signal(SIGINT)
            }
            #expect(try child.waitForEnd() == end)
            #expect(place.lines("log") == log(upTo: 3))
            #expect(try place.end(of: #require(place.lines("txn").first)) == "rolled_back")
        }
    }

    @Test("a file that is none says where")
    func badFile() throws {
        for (text, said) in [
            ("true\na ::: b ::: c\n", "line 2 is no step"), ("::: b\n", "line 1"), ("# x\n", "no steps"),
        ] {
            try place.daemon.place.write(text, to: "steps")
            let child = try place.mend("txn", "run", place.daemon.place.file("steps"))
            #expect(try child.waitForEnd() == .exited(64))
            #expect(child.errorText.contains(said))
        }
        #expect(try place.client.result("transaction.list")["transactions"].elements.isEmpty)
    }

    @Test("a daemon that is killed and started again in the middle of a step loses nothing")
    func daemonRestarted() throws {
        let gate = try Gate(place.daemon.place)
        let child = try place.mend("txn", "run", file { $0 == 3 ? "echo running; read -r line < \(gate.path)" : ":" })
        try child.waitForOutput(containing: "running")
        try place.daemon.restart()
        gate.open()
        #expect(try child.waitForEnd() == .exited(0))
        #expect(try place.end(of: #require(place.lines("txn").first)) == "committed")
        #expect(place.lines("log") == (1...5).map { "do \($0)" })
    }
}
