import ArgumentParser
import MendProtocol

extension QueueNoun {
    struct Complete: ChangingCommand {
        static let configuration = CommandConfiguration(commandName: "complete", abstract: Queue.Complete.summary)

        @OptionGroup var leased: LeasedOperation
        @Option(help: ArgumentHelp("Any JSON, kept beside the operation; - for standard input.", valueName: "json"))
        var result: String?

        @OptionGroup var metaOptions: MetaOptions
        @OptionGroup var globals: GlobalOptions

        func makeCall() throws -> Queue.Complete {
            Queue.Complete(
                operation: leased.operation, lease: leased.lease,
                result: try result.map { try Input.json($0, for: "--result") })
        }

        func show(_ answer: Queue.StateAnswer, on screen: inout Screen) { screen.line(answer.state.rawValue) }
    }
}
