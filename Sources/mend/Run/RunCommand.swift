import ArgumentParser
import MendClient
import MendProtocol

/// Runs a command as the daemon says.
struct RunCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "run", abstract: "Runs a command; reports its failure, and tries again where that helps.",
        usage: "mend run [OPTIONS] -- COMMAND [ARGUMENT …]",
        discussion: """
            Whether trying again helps is decided by how the command ended and by the end of its standard error. What it \
            reads from a pipe or a file is given to each attempt from the beginning. Signals are passed on to it and to \
            all that it started.

            Exit status: the command's own, 128 and the signal's number where a signal ended it; 75 the breaker is \
            open; 124 it took too long; 125 mend itself failed, 126 the command cannot be run, 127 it is not there.
            """)

    @Option(
        help: "Ask this breaker before each attempt, and tell it how the attempt ended.",
        completion: LiveNames.breakers, transform: Name.argument)
    var breaker: Name?
    @Option(
        help: ArgumentHelp(
            "Try again, at most so often in all or as a policy says: a number, a name or a JSON object.",
            valueName: "policy|n"),
        completion: LiveNames.policies, transform: RetryArgument.policy)
    var retry: PolicyChoice?
    @Option(help: ArgumentHelp("What the shell runs in the end, where the command has failed.", valueName: "script"))
    var fallback: String?
    @Option(
        help: ArgumentHelp(
            "Print what it printed when it last succeeded, where it has failed and that is no older.",
            valueName: "age"),
        transform: PositiveMilliseconds.duration)
    var fallbackLast: PositiveMilliseconds?
    @Flag(help: "Print what it prints only when it has ended, and of several attempts only the last one's.")
    var holdOutput = false

    @OptionGroup var options: CommandOptions
    @OptionGroup var globals: GlobalOptions

    @Argument(parsing: .postTerminator, help: ArgumentHelp("The command and its arguments.", valueName: "command"))
    var words: [String] = []

    func validate() throws {
        try checkCommand(words)
        guard fallback == nil || fallbackLast == nil else {
            throw ValidationError("--fallback and --fallback-last exclude each other")
        }
        guard options.onFailure == .report || retry == nil else {
            throw ValidationError("--retry needs the daemon's verdict, and --on-failure ignore asks for none")
        }
    }

    func run() throws { try CommandRun.conclude(settings) }

    private var settings: RunSettings {
        var settings = options.settings(for: words, globals)
        settings.breaker = breaker
        settings.retry = retry
        settings.fallback = fallback
        settings.fallbackLastMs = fallbackLast?.value
        settings.holdOutput = holdOutput
        return settings
    }
}

/// The exit status of a command that was run.
struct CommandStatus: Error {
    let value: Int32
    /// Where it was interrupted, we are too.
    let interruption: Interruption?

    init(_ value: Int32, _ interruption: Interruption? = nil) {
        self.value = value
        self.interruption = interruption
    }
}

/// `--retry`
enum RetryArgument {
    /// What the daemon would refuse is refused before the command runs: its failure could not be reported.
    static func policy(_ text: String) throws -> PolicyChoice {
        guard let number = Int64(text) else {
            guard text.hasPrefix("{") || PolicyChoice.shippedNames.contains(text) else {
                throw ValidationError(
                    "it is a number, one of \(PolicyChoice.shippedNames.joined(separator: ", ")), or a JSON object")
            }
            return try PolicyChoice.argument(text)
        }
        guard let attempts = Attempts(number) else {
            throw ValidationError("it must be between \(Attempts.range.lowerBound) and \(Attempts.range.upperBound)")
        }
        return .inline(RetryPolicy(maxAttempts: attempts))
    }
}
