import ArgumentParser
import MendProtocol

extension ErrorNoun {
    struct Analysis: CallCommand {
        static let configuration = CommandConfiguration(commandName: "analysis", abstract: Errors.Analysis.summary)

        @OptionGroup(title: "About the window") var options: AnalysisOptions
        @OptionGroup var globals: GlobalOptions

        func makeCall() -> Errors.Analysis { options.call() }

        func show(_ answer: Errors.Analysis.Answer, on screen: inout Screen) {
            AnalysisScreen(answer).show(on: &screen)
        }
    }

    /// The same of the last day, which is what one looks at in the morning.
    struct Summary: CallCommand {
        static let configuration = CommandConfiguration(
            commandName: "summary", abstract: "Shows the last 24 hours: how much went wrong where, and what is unusual."
        )

        @OptionGroup var globals: GlobalOptions

        func makeCall() -> Errors.Analysis { Errors.Analysis() }

        func show(_ answer: Errors.Analysis.Answer, on screen: inout Screen) {
            AnalysisScreen(answer).show(on: &screen)
        }
    }
}
