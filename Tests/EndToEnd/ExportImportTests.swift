import Foundation
import Glibc
import Testing

@Suite("Queues as files")
struct ExportImportTests {
    private let place: ShellPlace

    init() throws { place = try ShellPlace() }

    private func mend(_ words: String...) throws -> (status: Child.End, output: String, errors: String) {
        let child = try place.start([Package.program("mend")] + words)
        return (try child.waitForEnd(), child.outputText, child.errorText)
    }

    private func write(_ lines: [String], _ name: String = "lines") throws -> String {
        try place.daemon.place.write(lines.map { $0 + "\n" }.joined(), to: name)
        return place.daemon.place.file(name)
    }

    private func lines(_ count: Int, queue: String = "q") -> [String] {
        (0..<count).map { #"{"queue":"\#(queue)","payload":{"n":\#($0)}}"# }
    }

    private func payloads(_ queue: String) throws -> [String] {
        let lines = try mend("queue", "export", queue).output.split(separator: "\n")
        return try lines.map { try JSON(String($0))["payload"]["n"].int.map(String.init) ?? "none" }
    }

    @Test("what is exported and imported elsewhere is exported the same, with all that it was enqueued with")
    func roundTrip() throws {
        let client = place.client
        let runAt = Int64(Date().timeIntervalSince1970 * 1000) + 7_200_000
        for more in [
            #""payload":{"n":1,"text":"\u0000 \"ä\"","big":12345678901234567890.10}"#,
            #""payload":null,"priority":3,"max_attempts":9,"policy":"patient","keep_result_ms":7200000"#,
            #""payload":[],"lane":"l","on_dead":"block","policy":{"strategy":"fixed","base_ms":5}"#,
            #""payload":"x","key":"k","run_at":\#(runAt),"breaker":"b","_meta":{"correlation":"c-1"}"#,
        ] { _ = try client.result("queue.enqueue", #"{"queue":"from",\#(more)}"#) }
        _ = try client.result("queue.configure", #"{"queue":"from","breaker":"the-queue"}"#)
        let out = try mend("queue", "export", "from")
        #expect(out.status == .exited(0) && out.errors == "")
        #expect(out.output.contains(#""payload":{"n":1,"text":"\u0000 \"ä\"","big":12345678901234567890.10}"#))
        for part in [
            #""priority":3"#, #""max_attempts":9"#, #""policy":"patient""#, #""keep_result_ms":7200000"#,
            #""lane":"l""#,
            #""on_dead":"block""#, #""strategy":"fixed""#, #""key":"k""#, #""run_at":\#(runAt / 10_000)"#,
            #""breaker":"b""#,
            #""correlation":"c-1""#,
        ] { #expect(out.output.contains(part), "\(part)") }
        // The queue's own breaker is no operation's.
        #expect(!out.output.contains("the-queue"))
        let file = try write(out.output.split(separator: "\n").map(String.init))
        #expect(try mend("queue", "import", file, "--queue", "to").errors == "mend: 4 lines are in\n")
        let again = try mend("queue", "export", "to")
        // Times that go on are the same within the time between.
        func still(_ text: String) -> String {
            text.replacingOccurrences(of: #""run_at":\d+"#, with: "", options: .regularExpression)
        }
        #expect(
            still(again.output)
                == still(out.output).replacingOccurrences(of: #""queue":"from""#, with: #""queue":"to""#))
    }

    @Test("an export has what waits; what is in somebody's hands is counted, and written where it is asked for")
    func states() throws {
        for payload in 1...3 {
            _ = try place.client.result("queue.enqueue", #"{"queue":"q","payload":\#(payload)}"#)
        }
        _ = try place.client.result("queue.lease", #"{"queues":["q"]}"#)
        let waiting = try mend("queue", "export")
        #expect(waiting.output.split(separator: "\n").count == 2)
        #expect(waiting.errors.contains("1 that are leased or held were left out"))
        let leased = try mend("queue", "export", "q", "--state", "leased", "--state", "dead")
        #expect(leased.output.contains(#""payload":1"#) && leased.errors == "")
        let missing = try mend("queue", "export", "qq")
        #expect(
            missing.status == .exited(64) && missing.errors == "mend: there is no queue qq\nhint: did you mean q?\n")
    }

    @Test("a line that is wrong stops the import with its number and field; corrected, the file goes in once")
    func correction() throws {
        var text = lines(600)
        text[400] = #"{"queue":"q","payload":1,"priorty":3}"#
        let stopped = try mend("queue", "import", try write(text))
        #expect(stopped.status == .exited(64))
        #expect(
            stopped.errors.contains("line 401: priorty is not") && stopped.errors.contains("did you mean priority?"))
        #expect(stopped.errors.contains("400 lines are in"))
        #expect(try payloads("q").count == 400)
        text[400] = #"{"queue":"q","payload":{"n":400}}"#
        #expect(try mend("queue", "import", try write(text)).errors == "mend: 600 lines are in\n")
        #expect(try payloads("q") == (0..<600).map(String.init))
        // At the end something may be added, and another import is another.
        #expect(try mend("queue", "import", try write(text + lines(1))).status == .exited(0))
        #expect(try payloads("q").count == 601)
        #expect(try mend("queue", "import", try write(text), "--import-id", "2").status == .exited(0))
        #expect(try payloads("q").count == 1201)
    }

    @Test("an import that is killed and one that loses its daemon can be begun again without doubles")
    func killed() throws {
        let text = lines(5000)
        let file = try write(text)
        mkfifo(place.daemon.place.file("pipe"), 0o600)
        let child = try place.script("cat \(place.daemon.place.file("pipe")) | mend queue import")
        let pipe = try #require(fopen(place.daemon.place.file("pipe"), "w"))
        fputs(text[..<2000].map { $0 + "\n" }.joined(), pipe)
        fflush(pipe)
        while try place.client.result("queue.list", #"{"queue":"q"}"#)["operations"].elements.isEmpty {}
        try place.daemon.restart()
        // Fewer bytes than are written at once: nobody may be there any more to read a second part.
        fputs(text[2000..<2050].map { $0 + "\n" }.joined(), pipe)
        fclose(pipe)
        #expect(try child.waitForEnd() == .exited(69))
        #expect(child.errorText.contains("import the file again when the daemon is there"))
        #expect(try mend("queue", "import", file).errors == "mend: 5000 lines are in\n")
        #expect(try payloads("q") == (0..<5000).map(String.init))
    }

    @Test("a queue that is full ends it with 75 and the line; with --wait it goes on when there is room")
    func full() throws {
        _ = try place.client.result("queue.configure", #"{"queue":"q","max_size":3}"#)
        let file = try write(lines(5))
        let stopped = try mend("queue", "import", file)
        #expect(stopped.status == .exited(75))
        #expect(stopped.errors.contains("line 4 (queue): the queue q holds 3 live operations"))
        #expect(stopped.errors.contains("3 lines are in") && stopped.errors.contains("--from 4"))
        let waiting = try place.mend("queue", "import", file, "--wait", "1m")
        _ = try place.client.result("queue.configure", #"{"queue":"q","max_size":9}"#)
        #expect(try waiting.waitForEnd() == .exited(0))
        #expect(try payloads("q") == (0..<5).map(String.init))
    }

    @Test("a key in the line is known in another file; --from begins later; --check sends nothing and tells all faults")
    func keys() throws {
        let keyed = #"{"queue":"q","payload":{"n":1},"idempotency_key":"mine"}"#
        #expect(try mend("queue", "import", try write([keyed])).status == .exited(0))
        #expect(try mend("queue", "import", try write(["", keyed])).status == .exited(0))
        #expect(try payloads("q") == ["1"])
        #expect(
            try mend("queue", "import", try write(lines(4, queue: "f")), "--from", "3").errors
                == "mend: 2 lines are in\n")
        #expect(try payloads("f") == ["2", "3"])
        let bad = try mend(
            "queue", "import", "--check", "--max-line", "64",
            try write([
                #"{"queue":"c"}"#, #"{"queue":"c","payload":1}"#, "[", #"{"queue":"c","payload":1,"on_dead":"next"}"#,
            ]))
        #expect(bad.status == .exited(64))
        for part in ["line 1: payload", "line 3: it is not JSON", "line 4: on_dead", "1 line is good"] {
            #expect(bad.errors.contains(part), "\(part) in \(bad.errors)")
        }
        let long = try mend("queue", "import", "--max-line", "1K", try write([String(repeating: " ", count: 2000)]))
        #expect(long.errors.contains("line 1: it is longer than 1 KiB"))
        let size = try mend("queue", "import", "--max-line", "1X")
        #expect(size.status == .exited(64) && size.errors.contains("a size is written like 512, 64K, 10M"))
    }

    @Test("sixty thousand lines go through little memory, with a line of progress on a terminal alone")
    func memory() throws {
        let file = try write(lines(60_000))
        let bounded = try place.script("ulimit -v 200000; mend queue import \(file)")
        #expect(try bounded.waitForEnd() == .exited(0), "\(bounded.errorText)")
        #expect(bounded.errorText == "mend: 60000 lines are in\n")
        let seen = try place.script("script -qec 'mend queue import \(file) --import-id 2' /dev/null")
        #expect(try seen.waitForEnd() == .exited(0))
        #expect(
            seen.outputText.contains("imported ") && seen.outputText.contains("% ") && seen.outputText.contains(" left")
        )
    }
}
