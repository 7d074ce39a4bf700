import ArgumentParser

struct EventsNoun: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "events", abstract: "What changed, in one journal.",
        subcommands: [List.self, Follow.self], defaultSubcommand: List.self)
}
