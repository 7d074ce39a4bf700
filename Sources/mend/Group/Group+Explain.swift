import ArgumentParser
import MendProtocol

extension GroupNoun {
    struct Explain: CallCommand {
        static let configuration = CommandConfiguration(commandName: "explain", abstract: Group.Explain.summary)

        @Argument(help: "A report's id.")
        var error: Int64
        @Argument(help: "Another report's id.")
        var other: Int64

        @OptionGroup var globals: GlobalOptions

        func makeCall() -> Group.Explain { Group.Explain(error: error, other: other) }

        func show(_ answer: Group.Explain.Answer, on screen: inout Screen) {
            screen.line(
                answer.met
                    ? "both are in group \(answer.group)"
                    : "they are in group \(answer.group) and group \(answer.otherGroup)")
            for why in answer.why { screen.line("  " + why) }
        }
    }
}
