import ArgumentParser
import MendProtocol

extension SystemNoun {
    struct Explain: CallCommand {
        static let configuration = CommandConfiguration(commandName: "explain", abstract: System.Explain.summary)

        @Argument(help: Subject.help, transform: Subject.argument)
        var subject: Subject
        @OptionGroup var globals: GlobalOptions

        func makeCall() -> System.Explain { System.Explain(subject) }

        func show(_ answer: System.Explain.Answer, on screen: inout Screen) {
            ExplainScreen(answer).show(on: &screen)
        }
    }
}
