import ArgumentParser
import MendProtocol

extension ErrorNoun {
    struct Mask: CallCommand {
        static let configuration = CommandConfiguration(
            commandName: "mask", abstract: Errors.Mask.summary,
            discussion: "An argument can be seen by other users while the command runs; - takes standard input.")

        @Argument(help: "The text; - takes it from standard input.")
        var text: String

        @OptionGroup var globals: GlobalOptions

        func makeCall() throws -> Errors.Mask { Errors.Mask(text: text == "-" ? try Input.all("-") : text) }

        func show(_ answer: Errors.Mask.Answer, on screen: inout Screen) {
            screen.line(answer.text.hasSuffix("\n") ? String(answer.text.dropLast()) : answer.text)
            guard !answer.found.isEmpty else { return Notice.tell("nothing is masked") }
            Notice.tell("masked: " + answer.found.map { "\($0.detector) \($0.count)" }.joined(separator: ", "))
        }
    }
}
