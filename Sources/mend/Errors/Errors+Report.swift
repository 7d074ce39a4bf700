import ArgumentParser
import MendProtocol

extension ErrorNoun {
    struct Report: ChangingCommand {
        static let configuration = CommandConfiguration(commandName: "report", abstract: Errors.Report.summary)

        @Argument(help: "What happened, for people.")
        var message: String

        @OptionGroup(title: "About the failure") var options: ReportOptions
        @OptionGroup var metaOptions: MetaOptions
        @OptionGroup var globals: GlobalOptions

        func makeCall() throws -> Errors.Report { try options.report(message) }

        func show(_ verdict: Verdict, on screen: inout Screen) { VerdictScreen(verdict).show(on: &screen) }
    }
}
