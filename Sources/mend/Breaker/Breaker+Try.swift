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
                and counts for the breaker by its kind: a mistake in the arguments says nothing about the dependency.

                Exit status: the command's own, 128 and the signal's number where a signal ended it; 75 the breaker is \
                open, and standard error says when to come back; 124 it took too long; 125 mend itself failed, 126 the \
                command cannot be run, 127 it is not there.
                """)

        @Argument(help: "The breaker's name.", transform: Name.argument)
        var breaker: Name

        @Option(help: "End it where it takes longer.", transform: PositiveMilliseconds.duration)
        var timeout: PositiveMilliseconds?
        @Option(
            help: "End it for good where it has not ended so long after it was asked to.",
            transform: Milliseconds.duration)
        var killAfter = Milliseconds(unchecked: 10_000)
        @Option(help: "The program or part that this is; else the command's name.")
        var service: String?
        @Option(help: "The task, flow or run that it belongs to.")
        var task: String?
        @Option(
            help: "What becomes of a failure: report it, or ignore it; then each one counts for the breaker.")
        var onFailure = RunSettings.OnFailure.report
        @Option(help: "What is done where the daemon is away: proceed without it, or fail.")
        var ifUnavailable = RunSettings.IfUnavailable.proceed

        @OptionGroup var globals: GlobalOptions

        @Argument(parsing: .postTerminator, help: ArgumentHelp("The command and its arguments.", valueName: "command"))
        var words: [String] = []

        func validate() throws {
            guard words.first.map({ !$0.isEmpty }) ?? false else {
                throw ValidationError(
                    "a command is missing: mend breaker try BREAKER [OPTIONS] -- COMMAND [ARGUMENT …]")
            }
        }

        func run() throws {
            var settings = RunSettings(words: words, globals: globals)
            settings.breaker = breaker
            settings.timeoutMs = timeout?.value
            settings.killAfterMs = killAfter.value
            settings.service = service
            settings.task = task
            settings.onFailure = onFailure
            settings.ifUnavailable = ifUnavailable
            try CommandRun.conclude(settings)
        }
    }
}
