import ArgumentParser

/// What `mend help` says that the parser does not: what there is by purpose, and topics.
enum HelpAnswer {
    /// Nil where the parser is to answer: of commands.
    static func find(_ arguments: [String]) throws -> String? {
        guard arguments.first == "help" else { return nil }
        let words = arguments.dropFirst().filter { !$0.hasPrefix("-") }
        guard words.count == arguments.count - 1 else { return nil }
        guard let word = words.first else { return HelpOverview.text }
        let commands = Mend.children.flatMap { $0.allNames }
        if commands.contains(word) || word == "help" {
            guard let suggestion = CommandSuggestion.find(words, root: Mend.self) else { return nil }
            throw UsageError(suggestion.message, hint: suggestion.hint)
        }
        if words.count == 1, let topic = HelpTopic.named(word) { return topic.text + "\n" }
        let near = CommandSuggestion.nearest(to: word, in: commands + HelpTopic.allCases.flatMap(\.names))
        throw UsageError(
            "there is no command and no topic '\(words.joined(separator: " "))'",
            hint: near.map { "did you mean 'mend help \($0)'?" } ?? "mend help says what there is")
    }
}

/// What is explained beside the commands.
enum HelpTopic: String, CaseIterable {
    case exitStatus = "exit-status"
    case environment, recipes, verdicts, time

    /// The first one is the topic's own.
    var names: [String] {
        let more =
            switch self {
            case .exitStatus: ["exit", "exit-statuses"]
            case .environment: ["env"]
            case .recipes: ["examples"]
            case .verdicts: ["retries", "retry", "policies"]
            case .time: ["durations", "sizes", "dates"]
            }
        return [rawValue] + more
    }

    /// For the list of topics.
    var abstract: String {
        switch self {
        case .exitStatus: "how mend ends, and what a script does about it"
        case .environment: "the variables that mend reads, and those that it sets"
        case .recipes: "a cron job, a breaker around curl, a worker, a script that is undone"
        case .verdicts: "who decides whether to try again, and when; retry policies"
        case .time: "durations, points in time, and sizes as they are written"
        }
    }

    static func named(_ word: String) -> HelpTopic? { allCases.first { $0.names.contains(word) } }
}
