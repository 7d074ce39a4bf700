import ArgumentParser
import MendProtocol

/// `mend events follow` for people: it waits for the daemon as long as it takes.
struct WatchCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "watch", abstract: "Shows each event as it happens, until it is interrupted.",
        discussion: """
            It begins now, or where --since or --after says. Where the daemon is restarted it goes on after the last \
            event that it has shown: none is left out, and none shown twice. With --json each line is what \
            `mend events follow` prints.
            """)

    @OptionGroup var follow: FollowOptions
    @Option(
        help: "How long to try to reach a daemon that is gone; for ever where it is left out.",
        transform: Milliseconds.duration)
    var reconnect: Milliseconds?
    @OptionGroup var globals: GlobalOptions

    func run() throws { try follow.follower(globals, patienceMs: reconnect?.value ?? .max).run() }
}
