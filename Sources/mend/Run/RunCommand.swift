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
    @Option(help: "End an attempt that takes longer.", transform: PositiveMilliseconds.duration)
    var timeout: PositiveMilliseconds?
    @Option(
        help: "End it for good where it has not ended so long after it was asked to.",
        transform: Milliseconds.duration)
    var killAfter = Milliseconds(unchecked: 10_000)
    @Option(help: "The program or part that this is; else the command's name.")
    var service: String?
    @Option(help: "The task, flow or run that it belongs to.")
    var task: String?
    @Option(help: ArgumentHelp("What the shell runs in the end, where the command has failed.", valueName: "script"))
    var fallback: String?
    @Option(
        help: ArgumentHelp(
            "Print what it printed when it last succeeded, where it has failed and that is no older.",
            valueName: "age"),
        transform: PositiveMilliseconds.duration)
    var fallbackLast: PositiveMilliseconds?
    @Option(help: "What becomes of a failure: report it, or ignore it.")
    var onFailure = RunSettings.OnFailure.report
    @Flag(help: "Print what it prints only when it has ended, and of several attempts only the last one's.")
    var holdOutput = false
    @Option(help: "What is done where the daemon is away: proceed without it, or fail.")
    var ifUnavailable = RunSettings.IfUnavailable.proceed

    @OptionGroup var globals: GlobalOptions

    @Argument(parsing: .postTerminator, help: ArgumentHelp("The command and its arguments.", valueName: "command"))
    var words: [String] = []

    func validate() throws {
        guard words.first.map({ !$0.isEmpty }) ?? false else {
            throw ValidationError("a command is missing: mend run [OPTIONS] -- COMMAND [ARGUMENT …]")
        }
        guard fallback == nil || fallbackLast == nil else {
            throw ValidationError("--fallback and --fallback-last exclude each other")
        }
        guard onFailure == .report || retry == nil else {
            throw ValidationError("--retry needs the daemon's verdict, and --on-failure ignore asks for none")
        }
    }

    func run() throws { try CommandRun.conclude(settings) }

    private var settings: RunSettings {
        var settings = RunSettings(words: words, globals: globals)
        settings.breaker = breaker
        settings.retry = retry
        settings.timeoutMs = timeout?.value
        settings.killAfterMs = killAfter.value
        settings.service = service
        settings.task = task
        settings.fallback = fallback
        settings.fallbackLastMs = fallbackLast?.value
        settings.onFailure = onFailure
        settings.holdOutput = holdOutput
        settings.ifUnavailable = ifUnavailable
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
    /// The policies that the daemon has.
    static let names = ["quick", "standard", "patient", "network", "docker"]

    /// What the daemon would refuse is refused before the command runs: its failure could not be reported.
    static func policy(_ text: String) throws -> PolicyChoice {
        guard let number = Int64(text) else {
            guard text.hasPrefix("{") || names.contains(text) else {
                throw ValidationError("it is a number, one of \(names.joined(separator: ", ")), or a JSON object")
            }
            return try PolicyChoice.argument(text)
        }
        guard let attempts = Attempts(number) else {
            throw ValidationError("it must be between \(Attempts.range.lowerBound) and \(Attempts.range.upperBound)")
        }
        return .inline(RetryPolicy(maxAttempts: attempts))
    }
}
