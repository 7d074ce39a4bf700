import ArgumentParser
import MendClient
import MendProtocol
import MendWire

extension QueueNoun {
    struct Wait: CallCommand {
        static let configuration = CommandConfiguration(
            commandName: "wait", abstract: Queue.Wait.summary,
            discussion: """
                Exit status: 0 it is done; 1 it has ended otherwise: dead, cancelled or expired; 75 it has not ended yet.
                """)

        @Argument(help: "The operation's id.", completion: LiveNames.operations)
        var operation: Int64
        @Option(help: "How long to wait; 60s is the default.", transform: Milliseconds.duration)
        var wait: Milliseconds?

        @OptionGroup var globals: GlobalOptions

        func makeCall() -> Queue.Wait { Queue.Wait(operation: operation, waitMs: wait) }

        func show(_ answer: Queue.Wait.Answer, on screen: inout Screen) {
            screen.line(answer.result.map { "\(answer.state.rawValue) \($0.text)" } ?? answer.state.rawValue)
        }

        func conclude(_ result: JSONValue) throws { try Queue.Wait.answer(from: result).state.endStatus.end() }
    }
}
