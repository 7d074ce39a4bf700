import ArgumentParser
import MendProtocol

extension EventsNoun {
    struct Follow: ParsableCommand {
        static let configuration = CommandConfiguration(commandName: "follow", abstract: Events.Follow.summary)

        static let patienceMs: Int64 = 60_000

        @OptionGroup var follow: FollowOptions
        @Option(
            help: "How long to try to reach a daemon that is gone, to go on with the next event; 60s is the default.",
            transform: Milliseconds.duration)
        var reconnect: Milliseconds?
        @OptionGroup var globals: GlobalOptions

        func run() throws {
            try follow.follower(globals, patienceMs: reconnect?.value ?? Self.patienceMs).run()
        }
    }
}
