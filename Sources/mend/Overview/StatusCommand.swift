import ArgumentParser
import MendProtocol

/// The host on one screen.
struct StatusCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "status", abstract: "Shows on one screen how the host is, what needs somebody, and where to look.",
        discussion: """
            With --json all of it is one object on one line: 'health', 'hello', 'status', 'breakers', 'queues', 'parked', \
            'errors' and 'dead_letters', each as its method answers, and in 'refused' what the daemon did not answer.

            Exit status: 0 the daemon can do its work; 1 it cannot.
            """)

    @OptionGroup var globals: GlobalOptions

    func run() throws {
        let overview = try OverviewLook.take(try globals.connect())
        if !globals.quiet { try show(overview) }
        try overview.exitStatus.end()
    }

    private func show(_ overview: Overview) throws {
        var screen = Screen.standard()
        if globals.json {
            screen.line(overview.json())
        } else {
            // Room is left for the prompt below it.
            let lines = screen.width == nil ? nil : Screen.terminalSize().map { max(1, $0.lines - 1) }
            try OverviewScreen(overview).show(on: &screen, lines: lines)
        }
        try screen.flush()
    }
}
