import ArgumentParser
import MendProtocol

extension QueueNoun {
    struct Release: ChangingCommand {
        static let configuration = CommandConfiguration(commandName: "release", abstract: Queue.Release.summary)

        @OptionGroup var leased: LeasedOperation
        @OptionGroup var metaOptions: MetaOptions
        @OptionGroup var globals: GlobalOptions

        func makeCall() -> Queue.Release { Queue.Release(operation: leased.operation, lease: leased.lease) }

        func show(_ answer: Queue.StateAnswer, on screen: inout Screen) { screen.line(answer.state.rawValue) }
    }
}
