import ArgumentParser
import MendProtocol

extension ErrorNoun {
    /// For mend-report@.service alone.
    struct ReportUnit: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "report-unit",
            abstract: "Reports the failure of a unit for which `OnFailure=` runs, or keeps the report.",
            discussion: """
                How it failed is read from the journal, as `mend error import --journal` does, and where the journal does \
                not tell, from the variables MONITOR_* of systemd.exec(5).
                """,
            shouldDisplay: false)

        @Argument(help: "The unit that failed.")
        var unit: String

        @OptionGroup var globals: GlobalOptions

        func run() throws {
            let voice = Voice(globals)
            let failure = TriggeringFailure(unit: unit, signals: try ForwardedSignals(Array(ForwardedSignals.ending)))
            let report = try failure.report { voice.say($0) }
            let link = DaemonLink(globals, timeoutMs: 10_000)
            let correlation = failure.invocation.flatMap { Name($0) }
            guard let verdict = try link.tell(report, correlation: correlation, say: { voice.say($0) }) else { return }
            voice.say("error \(verdict.error) of group \(verdict.group)")
        }
    }
}
