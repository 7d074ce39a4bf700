import ArgumentParser

/// Looks at all that Mend needs on this host.
struct DoctorCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "doctor", abstract: "Checks the daemon and what it needs, and says what to do next.",
        discussion: """
            A line for each check: ok, warn, fail, or skipped and why; below it, what to do. It works also where there is no \
            daemon, a degraded one, or one that one may not ask.

            With --json each line is an object with `check`, `status`, `message` and `hint`.

            Exit status: 0; 1 a check failed.
            """)

    @OptionGroup var globals: GlobalOptions

    func run() throws {
        var failed = false
        for finding in SocketCheck(globals).findings() + HostCheck(globals).findings() {
            failed = failed || finding.level == .fail
            try show(finding)
        }
        if failed { throw ExitStatus.failed }
    }

    private func show(_ finding: Finding) throws {
        guard !globals.quiet else { return }
        var screen = Screen.standard(continued: true)
        if globals.json {
            screen.line(finding.json)
        } else {
            let level = finding.level.rawValue
            var line = Table(.left(""), .left(""), .left(""))
            line.add(
                Table.Cell(level + String(repeating: " ", count: 7 - level.count), finding.style),
                Table.Cell(finding.check + String(repeating: " ", count: max(0, 13 - finding.check.count))),
                Table.Cell(finding.message.singleLine))
            // What to do is not to be cut off.
            screen.width = nil
            screen.table(line)
            if let hint = finding.hint { screen.line("         \(hint.singleLine)") }
        }
        try screen.flush()
    }
}
