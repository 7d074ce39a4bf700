import ArgumentParser
import MendProtocol
import MendWire
import Testing

@testable import mend

@Suite("What mend error report reads")
struct ReportInputTests {
    @Test(
        "a pipeline's stages stand between bars that are not quoted",
        arguments: [
            ("a", ["a"]), ("a | b", ["a", "b"]), ("a -x|b", ["a -x", "b"]), ("a |& b", ["a", "b"]),
            ("echo 'a|b' | c", ["echo 'a|b'", "c"]), (#"echo a\|b | c"#, [#"echo a\|b"#, "c"]),
            (#"echo "it's | \" |" | c"#, [#"echo "it's | \" |""#, "c"]),
            ("(a | b) | { c | d; }", ["(a | b)", "{ c | d; }"]),
            ("a $(b | c) | d", ["a $(b | c)", "d"]), ("", [""]),
        ])
    func stages(command: String, stages: [String]) {
        #expect(PipelineFailure.stages(command) == stages)
    }

    private func report(_ statuses: [Int32], _ command: String? = nil) throws -> Errors.Report? {
        try PipelineFailure(statuses, command: command)?.report(ReportOptions.parse([]))
    }

    @Test("the first stage that failed is told; one that its reader ended has not failed")
    func failed() throws {
        for none in [[0], [0, 0], [141, 0], [141, 141, 0]] as [[Int32]] { #expect(try report(none) == nil) }
        #expect(try report([0, 7, 1])?.message == "stage 2 of 3 ended with status 7")
        #expect(try report([141, 2])?.exitStatus == 2)
        #expect(try report([0, 141])?.signal == .number(13))
        #expect(try report([1], "make all")?.message == "make all ended with status 1")
        // Git's own 129 is no SIGHUP.
        #expect(try report([129, 0])?.exitStatus == 129)
    }

    @Test("stages are named only where there are as many as statuses")
    func named() throws {
        let named = try #require(try report([0, 9], "a | /usr/bin/b -c"))
        #expect(named.message == "stage 2 of 2 (/usr/bin/b -c) ended with status 9")
        #expect(named.service == "b")
        #expect(named.action == "a | /usr/bin/b -c")
        let other = try #require(try report([0, 9], "a || b | c | d"))
        #expect(other.message == "stage 2 of 2 ended with status 9")
        #expect(other.service == nil)
    }

    private func output(_ text: String, limit: Int = ReportOptions.stderrLimit) -> FailedOutput? {
        var tail = OutputTail(limit: limit)
        text.withCString { start in
            tail.append(UnsafeRawBufferPointer(start: start, count: text.utf8.count))
        }
        return FailedOutput(head: String(text.prefix(ReportOptions.stderrLimit)), tail: tail, count: text.utf8.count)
    }

    @Test("the first line that says anything is the message, and a stack is told as one")
    func text() throws {
        #expect(output("\n \n") == nil)
        let one = try #require(output("alone\n"))
        #expect(one.message == "alone" && one.rest == nil && one.stack == nil && one.cut == nil)
        let two = try #require(output("\nfirst\nsecond\n"))
        #expect(two.message == "first" && two.rest == "\nfirst\nsecond\n")
        let java = try #require(output("java.io.IOException: no\n\tat a.B.c(B.java:1)\n"))
        #expect(java.message == "java.io.IOException: no" && java.stack != nil && java.rest == nil)
        let python = try #require(output("Traceback (most recent call last):\n  File \"a\", line 1\nKeyError: 'x'\n"))
        #expect(python.message == "KeyError: 'x'" && python.stack != nil)
    }

    @Test("a message that is too long is cut between characters, which is said")
    func long() throws {
        let cut = try #require(output(String(repeating: "ä", count: 5000)))
        #expect(cut.message == String(repeating: "ä", count: 4096))
        #expect(cut.cut != nil)
        let odd = try #require(output("x" + String(repeating: "ä", count: 5000)))
        #expect(odd.message.utf8.count == 8191)
    }

    @Test("a line has its own members before the defaults, and what a report does not have is context")
    func lines() throws {
        var defaults = Errors.Report(message: "")
        defaults.service = "given"
        defaults.task = "run-1"
        let lines = try ReportLines(defaults: defaults)
        let report = try lines.report(
            #"{"message":"m","service":"own","level":"warn","n":1.50,"context":{"n":1,"x":null}}"#)
        #expect(report.service == "own" && report.task == "run-1" && report.message == "m")
        #expect(report.ignored.isEmpty && report.unknown.isEmpty)
        #expect(try WireEncoder.text(of: report.context) == #"{"n":1,"x":null,"level":"warn"}"#)
        for none in ["1", "{}", #"{"message":1}"#, #"{"message":"a","errno":[]}"#] {
            #expect(throws: (any Error).self) { try lines.report(none) }
        }
    }
}
