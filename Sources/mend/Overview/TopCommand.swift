import ArgumentParser
import MendProtocol

/// The host on one screen, again and again.
struct TopCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "top", abstract: "Shows what `mend status` shows again and again, with rates.",
        discussion: """
            On a terminal it takes the whole screen, until q is pressed or it is interrupted; elsewhere each look is a \
            block of lines. With --json each look is an object on one line: what `mend status --json` prints, with \
            'per_second' from the second look on, or 'at' and 'error' where the daemon is away.

            Rates are what has changed between two looks. Calls, commits and reports are only ever counted up; of \
            operations it is by how much those that are live, done and dead have become more or less.

            Exit status with --count: as the last look found it, 0, 1 where the daemon cannot do its work, 69 where it \
            is away.
            """)

    @Option(help: "The time from one look to the next.", transform: PositiveMilliseconds.duration)
    var interval = PositiveMilliseconds(unchecked: 2000)
    @Option(help: ArgumentHelp("End after so many looks.", valueName: "n"))
    var count: Int?
    @OptionGroup var globals: GlobalOptions

    func validate() throws {
        guard count.map({ $0 > 0 }) ?? true else { throw ValidationError("--count is at least 1") }
    }

    func run() throws {
        let isInteractive = Screen.isSteerable && !globals.json && !globals.quiet
        let terminal = isInteractive ? try FullScreen() : nil
        defer { terminal?.leave() }
        let top = Top(globals, intervalMs: interval.value, terminal: terminal)
        try top.run(looks: count).end()
    }
}
