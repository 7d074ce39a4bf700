import ArgumentParser
import MendProtocol

/// The options of whatever runs a command and reports its failure.
struct CommandOptions: ParsableArguments {
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
    @Option(help: "What becomes of a failure: report it, or ignore it.")
    var onFailure = RunSettings.OnFailure.report
    @Option(help: "What is done where the daemon is away: proceed without it, or fail.")
    var ifUnavailable = RunSettings.IfUnavailable.proceed

    func settings(for words: [String], _ globals: GlobalOptions) -> RunSettings {
        var settings = RunSettings(words: words, globals: globals)
        settings.timeoutMs = timeout?.value
        settings.killAfterMs = killAfter.value
        settings.service = service
        settings.task = task
        settings.onFailure = onFailure
        settings.ifUnavailable = ifUnavailable
        return settings
    }
}

extension ParsableCommand {
    /// Refuses words behind `--` that name no command.
    func checkCommand(_ words: [String]) throws {
        guard words.first.map({ !$0.isEmpty }) ?? false else {
            throw ValidationError("a command is missing: \(Self.configuration.usage ?? "")")
        }
    }
}
