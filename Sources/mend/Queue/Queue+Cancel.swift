import ArgumentParser
import MendProtocol

extension QueueNoun {
    struct Cancel: ChangingCommand {
        static let configuration = CommandConfiguration(commandName: "cancel", abstract: Queue.Cancel.summary)

        @Argument(help: "The operation's id.", completion: LiveNames.operations)
        var operation: Int64

        @OptionGroup var metaOptions: MetaOptions
        @OptionGroup var globals: GlobalOptions

        func makeCall() -> Queue.Cancel { Queue.Cancel(operation: operation) }

        func show(_ answer: Queue.StateAnswer, on screen: inout Screen) { screen.line(answer.state.rawValue) }
    }
}
