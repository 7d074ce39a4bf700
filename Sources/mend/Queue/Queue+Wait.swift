import ArgumentParser
import MendProtocol
import MendWire

extension QueueNoun {
    struct Wait: CallCommand {
        static let configuration = CommandConfiguration(commandName: "wait", abstract: Queue.Wait.summary)

        @Argument(help: "The operation's id.")
        var operation: Int64
        @Option(help: "How long to wait; 60s is the default.", transform: Milliseconds.duration)
        var wait: Milliseconds?

        @OptionGroup var globals: GlobalOptions

        func makeCall() -> Queue.Wait { Queue.Wait(operation: operation, waitMs: wait) }

        func show(_ answer: Queue.Wait.Answer, on screen: inout Screen) {
            screen.line(answer.result.map { "\(answer.state.rawValue) \($0.text)" } ?? answer.state.rawValue)
        }
    }
}
