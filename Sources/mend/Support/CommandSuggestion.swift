import ArgumentParser

/// A noun or verb that is not there, and the one that was probably meant.
struct CommandSuggestion {
    let message: String
    let hint: String

    /// Nil if the words of `arguments` name a command, or none at all.
    static func find(_ arguments: [String], root: any ParsableCommand.Type) -> CommandSuggestion? {
        var command = root
        var path = "mend"
        for (place, word) in arguments.enumerated() where !word.hasPrefix("-") {
            if place > 0, arguments[place - 1] == "--socket" { continue }
            let choices = command.children
            if choices.isEmpty || word == "help" { return nil }
            if let child = choices.first(where: { $0.allNames.contains(word) }) {
                command = child
                path += " " + word
                continue
            }
            // The word is for the command that is meant where none is named.
            if command.configuration.defaultSubcommand != nil { return nil }
            let names = choices.flatMap { $0.allNames }
            let near = nearest(to: word, in: names)
            return CommandSuggestion(
                message: "there is no command '\(path) \(word)'",
                hint: near.map { "did you mean '\(path) \($0)'?" } ?? "see '\(path) --help'")
        }
        return nil
    }

    func tell() -> ExitStatus {
        Notice.tell(message, hint: hint)
        return .usage
    }

    /// The name with the least edits, if these are few.
    static func nearest(to word: String, in names: [String]) -> String? {
        let ranked = names.map { (name: $0, edits: edits($0, word)) }.min { $0.edits < $1.edits }
        guard let ranked, ranked.edits <= max(1, word.count / 2) else { return nil }
        return ranked.name
    }

    /// Levenshtein's distance.
    private static func edits(_ one: String, _ other: String) -> Int {
        let other = Array(other)
        var costs = Array(0...other.count)
        for (row, letter) in one.enumerated() {
            var diagonal = costs[0]
            costs[0] = row + 1
            for column in other.indices {
                let substituted = diagonal + (letter == other[column] ? 0 : 1)
                diagonal = costs[column + 1]
                costs[column + 1] = min(substituted, costs[column + 1] + 1, costs[column] + 1)
            }
        }
        return costs[other.count]
    }
}

extension ParsableCommand {
    /// The commands below this one.
    static var children: [any ParsableCommand.Type] {
        configuration.subcommands
    }

    /// The name and its aliases.
    static var allNames: [String] { [_commandName] + configuration.aliases }
}
