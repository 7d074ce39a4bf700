import ArgumentParser
import MendProtocol

extension BreakerNoun {
    struct Record: ChangingCommand {
        static let configuration = CommandConfiguration(commandName: "record", abstract: Breaker.Record.summary)

        @Argument(help: "The permit, as `breaker acquire` gave it.")
        var permit: Int64
        @Argument(help: "How the call ended.")
        var outcome: Outcome

        @Option(help: "What went wrong. What is told about it decides whether the failure counts.")
        var message: String?
        @Flag(help: "Something else was done instead: that is counted.")
        var fallback = false
        @OptionGroup(title: "About the failure") var options: ReportOptions
        @OptionGroup var metaOptions: MetaOptions
        @OptionGroup var globals: GlobalOptions

        func makeCall() throws -> Breaker.Record {
            let report = try options.report(message ?? outcome.rawValue)
            return Breaker.Record(
                permit: permit, outcome: outcome, durationMs: options.duration,
                error: message != nil || options.saysMore ? report : nil, fallback: fallback ? true : nil)
        }

        func show(_ answer: Breaker.Record.Answer, on screen: inout Screen) {
            if answer.stale == true { Notice.tell("the permit was given up long ago: the outcome was not counted") }
            if let state = answer.state { screen.line(state.rawValue) }
        }
    }
}
