import Glibc
import Testing

@Suite("Failures of units, from the journal")
struct JournalImportTests {
    private let shell: ShellPlace
    private let journal: RecordedJournal

    init() throws {
        shell = try ShellPlace()
        journal = try RecordedJournal(in: shell.daemon.place)
    }

    private func start(_ words: String...) throws -> Child {
        try shell.start(
            [Package.program("mend"), "error", "import", "--journal"] + words,
            with: ["MEND_JOURNALCTL": journal.program])
    }

    private func reports() throws -> [JSON] {
        try shell.daemon.connect().result("error.list")["errors"].elements
    }

    private func report(of unit: String) throws -> JSON {
        let client = try shell.daemon.connect()
        let found = try client.result("error.list", ##"{"service":"\##(unit)"}"##)["errors"][0]
        return try client.result("error.get", ##"{"error":\##(try #require(found["error"].int))}"##)
    }

    @Test("each is reported once, with what the unit wrote and how it ended")
    func once() throws {
        let first = try start()
        #expect(try first.waitForEnd() == .exited(0))
        #expect(first.outputText.split(separator: "\n").count == 10, "\(first.outputText)\(first.errorText)")
        #expect(
            try reports().compactMap { $0["service"].text }.sorted() == [
                "again.service", "again.service", "crash.service", "late.service", "mend-worker@mail.service",
                "needs.service", "nightly.service", "sort.service", "web.service", "web.service",
            ])
        let nightly = try report(of: "nightly.service")
        #expect(
            nightly["message"] == "the unit failed with result exit-code: cannot connect to db.example.com:5432")
        #expect(nightly["details"]["exit_status"] == 3)
        #expect(nightly["details"]["stderr"] == "opening the ledger\ncannot connect to db.example.com:5432")
        #expect(nightly["occurred_at"] == 1_795_281_728_411)
        let related = #"{"correlation":"2896432c41dc481193aa9197a1913e4e"}"#
        #expect(try shell.daemon.connect().result("error.list", related)["errors"].elements.count == 1)
        #expect(nightly["details"]["context"]["result"] == "exit-code")
        #expect(nightly["task"] == "unit-failure-2896432c41dc481193aa9197a1913e4e")
        #expect(try report(of: "sort.service")["details"]["signal"] == 11)
        let again = try start()
        #expect(try again.waitForEnd() == .exited(0))
        #expect(again.outputText.isEmpty)
        #expect(try reports().count == 10)
    }

    @Test("one that was told, but not noted as told, is not told twice")
    func killedBetween() throws {
        #expect(try start().waitForEnd() == .exited(0))
        #expect(unlink(shell.daemon.place.file("own/mend/journal/all")) == 0)
        #expect(try start().waitForEnd() == .exited(0))
        #expect(try reports().count == 10)
    }

    @Test("what Mend reports by is left out, whatever the drop-in exempts of it")
    func plumbing() throws {
        let exempt = try Package.text(of: "Makefile").split(separator: "\n").compactMap {
            $0.firstMatch(of: /exempt\.conf \$\(UNITS\)\/(.*)\.d\//).map { String($0.1) }
        }
        #expect(exempt.contains("mend-report-spool.service") && exempt.count > 3)
        let entries = (exempt.map { $0.replacing("@", with: "@x.service") } + ["mend.socket", "told.service"])
            .enumerated()
            .map {
                #"{"MESSAGE_ID":"d9b373ed55a64feb8242e02dbe79a49c","UNIT":"\#($1)","UNIT_RESULT":"exit-code","_PID":"1","#
                    + #""__CURSOR":"s=1;i=\#($0)","__REALTIME_TIMESTAMP":"1795281728411259"}"#
            }
        try shell.daemon.place.write(entries.joined(separator: "\n") + "\n", to: "journal")
        #expect(try start().waitForEnd() == .exited(0))
        #expect(try reports().compactMap { $0["service"].text } == ["told.service"])
    }

    @Test("a reload that failed is told, of a unit that goes on")
    func reload() throws {
        #expect(try start("--unit", "web").waitForEnd() == .exited(0))
        #expect(
            try reports().compactMap { $0["message"].text } == [
                "the reload of the unit failed with result failed",
                "a process of the unit was killed for want of memory",
            ])
    }

    // MARK: What OnFailure= tells

    /// As systemd runs it for a unit that failed.
    private func reportUnit(
        _ unit: String, result: String?, invocation: String? = nil, end: (String, String)? = nil, journal: String? = nil
    ) throws -> Child {
        var environment = ["MEND_JOURNALCTL": journal ?? self.journal.program]
        environment["MONITOR_SERVICE_RESULT"] = result
        environment["MONITOR_INVOCATION_ID"] = invocation
        environment["MONITOR_EXIT_CODE"] = end?.0
        environment["MONITOR_EXIT_STATUS"] = end?.1
        let child = try shell.start([Package.program("mend"), "error", "report-unit", "--", unit], with: environment)
        #expect(try child.waitForEnd() == .exited(0), "\(child.errorText)")
        return child
    }

    @Test(
        "the import and OnFailure= build the same report of the same failure, and it is told once",
        arguments: [
            ("nightly.service", "exit-code", "2896432c41dc481193aa9197a1913e4e"),
            ("late.service", "timeout", "522bc58ab96f41a08b65ceeae8fa1281"),
            ("crash.service", "signal", "e12ac3d7babd410dae53ca28a4d3a8be"), ("needs.service", "success", nil),
        ])
    func same(unit: String, result: String, invocation: String?) throws {
        let dry = try start("--dry-run", "--json", "--unit", unit)
        try dry.waitForEnd()
        let imported = try JSON(dry.outputText)["report"]
        _ = try reportUnit(unit, result: result, invocation: invocation)
        let told = try report(of: unit)
        for member in ["message", "task", "occurred_at", "service"] { #expect(told[member] == imported[member]) }
        for member in ["exit_status", "signal", "stderr", "context", "action"] {
            #expect(told["details"][member] == imported[member], "\(member)")
        }
        #expect(imported["code"] == nil || told["code"] == imported["code"])
        let related = try invocation.map {
            try shell.daemon.connect().result("error.list", ##"{"correlation":"\##($0)"}"##)["errors"].elements.count
        }
        #expect(related == invocation.map { _ in 1 })
        let again = try start("--unit", unit)
        #expect(try again.waitForEnd() == .exited(0))
        #expect(again.outputText.contains(": told already, as error 1 of group 1\n"), "\(again.outputText)")
        #expect(try reports().count == 1)
    }

    @Test("of a unit that did not run, since another failed, nothing is told that belongs to the run before")
    func dependency() throws {
        _ = try reportUnit("again.service", result: "success", invocation: "31313131313131313131313131313131")
        let told = try report(of: "again.service")
        #expect(told["message"] == "the unit was not started, since a unit that it depends on failed")
        #expect(told["details"]["context"]["result"] == "dependency")
        #expect(told["details"]["context"]["invocation"] == nil)
        _ = try reportUnit("again.service", result: "watchdog", invocation: "31313131313131313131313131313131")
        #expect(try report(of: "again.service")["code"] == "process.timeout")
        _ = try reportUnit("again.service", result: nil)
        #expect(try reports().count == 2)
    }

    @Test("where the journal tells nothing, it is told what systemd says itself")
    func withoutJournal() throws {
        let broken = try RecordedJournal(in: shell.daemon.place, failing: true).program
        let child = try reportUnit(
            "x.service", result: "core-dump", invocation: "51515151515151515151515151515151", end: ("dumped", "SEGV"),
            journal: broken)
        #expect(child.errorText.contains("the journal cannot be read"))
        let told = try report(of: "x.service")
        #expect(told["message"] == "the unit failed with result core-dump")
        #expect(told["details"]["signal"] == 11 || told["details"]["signal"] == "SIGSEGV")
        #expect(told["task"] == "unit-failure-51515151515151515151515151515151")
        _ = try reportUnit("y.service", result: "success", journal: broken)
        #expect(try report(of: "y.service")["message"] == "the start of the unit failed with result unknown")
    }

    @Test("what OnFailure= tells while the daemon is away is kept, and told once with the import")
    func kept() throws {
        try #expect(shell.daemon.stop() == .exited(0))
        let invocation = "2896432c41dc481193aa9197a1913e4e"
        #expect(
            try reportUnit("nightly.service", result: "exit-code", invocation: invocation).errorText.contains("kept"))
        try shell.daemon.restart()
        #expect(try start("--unit", "nightly").waitForEnd() == .exited(0))
        #expect(try shell.mend("spool", "deliver").waitForEnd() == .exited(0))
        #expect(try reports().count == 1)
    }

    @Test("only the units that are named")
    func units() throws {
        #expect(try start("--unit", "nightly", "--unit", "cra*").waitForEnd() == .exited(0))
        #expect(
            try reports().compactMap { $0["service"].text }.sorted() == ["crash.service", "nightly.service"])
    }

    @Test("a dry run shows them, and neither reports nor notes them")
    func dryRun() throws {
        let shown = try start("--dry-run", "--json", "--socket", "/nowhere")
        #expect(try shown.waitForEnd() == .exited(0))
        let lines = try shown.outputText.split(separator: "\n").map { try JSON(String($0)) }
        #expect(lines.count == 10)
        #expect(lines[0]["unit"] == "nightly.service")
        #expect(lines[0]["report"]["exit_status"] == 3)
        #expect(try start().waitForEnd() == .exited(0))
        #expect(try reports().count == 10)
    }

    @Test("where the daemon is away it goes on the next time")
    func away() throws {
        try #expect(shell.daemon.stop() == .exited(0))
        #expect(try start().waitForEnd() == .exited(69))
        try shell.daemon.restart()
        #expect(try start().waitForEnd() == .exited(0))
        #expect(try reports().count == 10)
    }

    @Test("followed, it waits for the daemon, and ends in order when it is asked to")
    func follow() throws {
        let gate = try Gate(shell.daemon.place)
        defer { withExtendedLifetime(gate) {} }
        try #expect(shell.daemon.stop() == .exited(0))
        let following = try start("--follow")
        try following.waitForErrors(containing: "trying again")
        try shell.daemon.restart()
        try following.waitForOutput(containing: "mend-worker@mail.service")
        following.signal(SIGTERM)
        #expect(try following.waitForEnd() == .exited(0))
        #expect(try reports().count == 10)
    }

    @Test("a journal that cannot be read is said")
    func unreadable() throws {
        let broken = try RecordedJournal(in: shell.daemon.place, failing: true)
        let child = try shell.start(
            [Package.program("mend"), "error", "import", "--journal"], with: ["MEND_JOURNALCTL": broken.program])
        #expect(try child.waitForEnd() == .exited(64))
        #expect(child.errorText.contains("systemd-journal"))
    }
}
