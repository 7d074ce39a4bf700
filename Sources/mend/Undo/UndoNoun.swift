import ArgumentParser

struct UndoNoun: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "undo", abstract: "The undos of your transactions' steps.", subcommands: [Work.self])
}
