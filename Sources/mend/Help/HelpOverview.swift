/// What there is, by what somebody wants.
enum HelpOverview {
    /// Each command stands in one of them.
    static let purposes: [(purpose: String, commands: [(name: String, says: String)])] = [
        (
            "Run something, and have its failure dealt with",
            [
                ("run", "a command: timeout, breaker, retries by the verdict, a report"),
                ("work", "a command for each operation of a queue"),
                ("txn", "steps with their undos, which run also when the script is killed"),
                ("undo", "the undos of this user that nobody runs any more"),
            ]
        ),
        (
            "Keep what must still happen",
            [
                ("queue", "put, lease, complete, fail, wait; replay, export, import"),
                ("breaker", "one per dependency, for the whole host"),
            ]
        ),
        (
            "Say what went wrong, and see it",
            [
                ("error", "report, list, summary, guidance"),
                ("spool", "your reports that the daemon could not take yet"),
                ("group", "reports that have one cause: resolve, mute, merge"),
                ("status", "how it all is, on one screen"),
                ("top", "the same again and again, with rates"),
                ("watch", "events as they happen"),
                ("timeline", "what happened, in the order of time"),
                ("explain", "why something is where it is, and what happens next"),
                ("events", "what changes, listed or followed"),
            ]
        ),
        (
            "The daemon and its wire",
            [
                ("doctor", "is all well that it needs? what to do next"),
                ("ping", "is it there?"),
                ("system", "who it is, how healthy it is"),
                ("call", "any method, with JSON"),
                ("rpc", "the methods, for machines"),
                ("completions", "mend's words and live names for bash, zsh, fish"),
            ]
        ),
    ]

    static var text: String {
        var text = "mend tells the host's error handling and recovery daemon what went wrong, and does what it says.\n"
        for (purpose, commands) in purposes {
            text += "\n\(purpose)\n"
            for command in commands { text += line("mend \(command.name)", command.says) }
        }
        text += "\nTopics\n"
        for topic in HelpTopic.allCases { text += line("mend help \(topic.rawValue)", topic.abstract) }
        return text + "\nmend help COMMAND, or any command with --help, tells all of it.\n"
    }

    private static func line(_ name: String, _ says: String) -> String {
        "  \(name)\(String(repeating: " ", count: max(1, 24 - name.count)))\(says)\n"
    }
}
