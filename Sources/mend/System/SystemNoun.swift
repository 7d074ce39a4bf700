import ArgumentParser

struct SystemNoun: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "system", abstract: "The daemon: who it is, how it is.",
        subcommands: [Status.self, Health.self, Hello.self, Ping.self, Timeline.self, Explain.self])
}
