import ArgumentParser
import MendProtocol

extension QueueNoun {
    struct Extend: ChangingCommand {
        static let configuration = CommandConfiguration(commandName: "extend", abstract: Queue.Extend.summary)

        @OptionGroup var leased: LeasedOperation
        @Option(
            name: .customLong("lease"), help: "How long from now; else as long as it was taken for.",
            transform: PositiveMilliseconds.duration)
        var leaseTime: PositiveMilliseconds?

        @OptionGroup var metaOptions: MetaOptions
        @OptionGroup var globals: GlobalOptions

        func makeCall() -> Queue.Extend {
            Queue.Extend(operation: leased.operation, lease: leased.lease, leaseMs: leaseTime)
        }

        func show(_ answer: Queue.Extend.Answer, on screen: inout Screen) {
            screen.line("leased until \(screen.clock.text(answer.leaseUntilAt))")
        }
    }
}
