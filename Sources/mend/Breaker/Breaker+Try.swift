import ArgumentParser
import MendProtocol

extension BreakerNoun {
    struct Try: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "try",
            abstract: "Runs a command once, if the breaker lets it, and tells the breaker how it ended.",
            usage: "mend breaker try BREAKER [OPTIONS] -- COMMAND [ARGUMENT …]",
            discussion: """
                It is `mend run --breaker BREAKER` without further attempts and without fallback. A failure is reported, \
                and counts for the breaker by its kind: a mistake in the arguments says nothing about the dependency. With \
                --on-failure ignore each one counts.

                Exit status: the command's own, 128 and the signal's number where a signal ended it; 75 the breaker is \
                open, and standard error says when to come back; 124 it took too long; 125 mend itself failed, 126 the \
                command cannot be run, 127 it is not there.
                """)

        @Argument(help: "The breaker's name.", completion: LiveNames.breakers, transform: Name.argument)
        var breaker: Name

        @OptionGroup var options: CommandOptions
        @OptionGroup var globals: GlobalOptions

        @Argument(parsing: .postTerminator, help: ArgumentHelp("The command and its arguments.", valueName: "command"))
        var words: [String] = []

        func validate() throws { try checkCommand(words) }

        func run() throws {
            var settings = options.settings(for: words, globals)
            settings.breaker = breaker
            try CommandRun.conclude(settings)
        }
    }
}
