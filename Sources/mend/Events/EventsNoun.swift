import ArgumentParser

struct EventsNoun: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "events", abstract: "What changed, in one journal.",
        subcommands: [List.self], defaultSubcommand: List.self)
}
