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
        #expect(first.outputText.split(separator: "\n").count == 6, "\(first.outputText)\(first.errorText)")
        #expect(
            try reports().compactMap { $0["service"].text }.sorted() == [
                "crash.service", "late.service", "needs.service", "nightly.service", "sort.service",
                "web.service",
            ])
        let nightly = try report(of: "nightly.service")
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
        #expect(try reports().count == 6)
    }

    @Test("one that was told, but not noted as told, is not told twice")
    func killedBetween() throws {
        #expect(try start().waitForEnd() == .exited(0))
        #expect(unlink(shell.daemon.place.file("own/mend/journal/all")) == 0)
        #expect(try start().waitForEnd() == .exited(0))
        #expect(try reports().count == 6)
    }

    @Test("with what OnFailure= tells of the same invocation it is one error, and of the next another")
    func onFailure() throws {
        try runReportUnit(invocation: "2896432c41dc481193aa9197a1913e4e")
        let imported = try start()
        #expect(try imported.waitForEnd() == .exited(0))
        #expect(imported.outputText.contains("failed with result exit-code: told already, as error 1 of group 1\n"))
        #expect(try reports().count == 6)
        #expect(try report(of: "nightly.service")["code"] == "systemd.exit-code")
        try runReportUnit(invocation: "522bc58ab96f41a08b65ceeae8fa1281", unit: "late.service")
        #expect(try reports().count == 6)
        try runReportUnit(invocation: "00000000000000000000000000000002")
        #expect(try reports().count == 7)
    }

    /// As systemd runs it for a unit that failed; what it asks of the service manager and the journal is made up.
    private func runReportUnit(invocation: String, unit: String = "nightly.service") throws {
        let script = try Package.text(of: "systemd/report-unit").replacing(
            "/usr/bin/mend", with: Package.program("mend"))
        let child = try shell.start(
            [
                "/bin/sh", "-c",
                "systemctl() { echo NRestarts=0; }; journalctl() { echo cannot connect; }\n\(script)", "sh", unit,
            ],
            with: [
                "MONITOR_SERVICE_RESULT": "exit-code", "MONITOR_EXIT_CODE": "exited", "MONITOR_EXIT_STATUS": "3",
                "MONITOR_INVOCATION_ID": invocation,
            ])
        #expect(try child.waitForEnd() == .exited(0), "\(child.errorText)")
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
        #expect(lines.count == 6)
        #expect(lines[0]["unit"] == "nightly.service")
        #expect(lines[0]["report"]["exit_status"] == 3)
        #expect(try start().waitForEnd() == .exited(0))
        #expect(try reports().count == 6)
    }

    @Test("where the daemon is away it goes on the next time")
    func away() throws {
        try #expect(shell.daemon.stop() == .exited(0))
        #expect(try start().waitForEnd() == .exited(69))
        try shell.daemon.restart()
        #expect(try start().waitForEnd() == .exited(0))
        #expect(try reports().count == 6)
    }

    @Test("followed, it waits for the daemon, and ends in order when it is asked to")
    func follow() throws {
        let gate = try Gate(shell.daemon.place)
        defer { withExtendedLifetime(gate) {} }
        try #expect(shell.daemon.stop() == .exited(0))
        let following = try start("--follow")
        try following.waitForErrors(containing: "trying again")
        try shell.daemon.restart()
        try following.waitForOutput(containing: "sort.service")
        following.signal(SIGTERM)
        #expect(try following.waitForEnd() == .exited(0))
        #expect(try reports().count == 6)
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
