import ArgumentParser
import Glibc
import MendClient
import MendProtocol

@main
struct Mend: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "mend",
        abstract: "Tells the host's error handling and recovery daemon what went wrong, and does what it says.",
        discussion: """
            Exit status: 0; 1 the call failed, or what was waited for ended badly; 64 usage; 69 the daemon cannot be \
            reached; 75 try later (a breaker is open, a queue is full or has nothing, a wait was over too soon); 77 not \
            allowed.

            Durations have a unit: 500ms, 20s, 10m, 2h, 1d, 1h30m. JSON that is given as - is read from standard input.

            'mend help' lists the commands by purpose, and topics: exit-status, environment, recipes, verdicts, time.
            """,
        version: MendVersion.current,
        groupedSubcommands: [
            CommandGroup(
                name: "Family",
                subcommands: [
                    QueueNoun.self, BreakerNoun.self, TransactionNoun.self, UndoNoun.self, ErrorNoun.self,
                    GroupNoun.self, SpoolNoun.self,
                    SystemNoun.self, EventsNoun.self, RPCNoun.self,
                ]),
            CommandGroup(
                name: "Direct",
                subcommands: [
                    RunCommand.self, WorkCommand.self,
                    StatusCommand.self, TopCommand.self, WatchCommand.self, TimelineCommand.self, ExplainCommand.self,
                    DoctorCommand.self, PingCommand.self, RawCallCommand.self, CompletionsCommand.self,
                ]),
        ])

    /// Declared here too, so that they may stand before the noun.
    @OptionGroup var globals: GlobalOptions

    static func main() {
        Glibc.exit(run(Array(CommandLine.arguments.dropFirst())))
    }

    private static func run(_ arguments: [String]) -> Int32 {
        do {
            if let help = try HelpAnswer.find(arguments) {
                try Screen.write(help, to: 1)
                return ExitStatus.done.rawValue
            }
            var command = try parse(arguments)
            try command.run()
            return ExitStatus.done.rawValue
        } catch let status as CommandStatus {
            status.interruption?.end()
            return status.value
        } catch {
            return tell(error, arguments).rawValue
        }
    }

    private static func tell(_ error: any Error, _ arguments: [String]) -> ExitStatus {
        do {
            throw error
        } catch let status as ExitStatus {
            return status
        } catch {
            let report = FailureReport(error, asJSON: GlobalOptions.wantJSON(arguments))
            if let report { return report.tell() }
            guard exitCode(for: error).rawValue == ExitStatus.usage.rawValue else { exit(withError: error) }
            if let suggestion = CommandSuggestion.find(arguments, root: Mend.self) { return suggestion.tell() }
            Notice.write(FailureReport.usageText(fullMessage(for: error)))
            return .usage
        }
    }
}
