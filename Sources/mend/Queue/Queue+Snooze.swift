import ArgumentParser
import MendProtocol

extension QueueNoun {
    struct Snooze: ChangingCommand {
        static let configuration = CommandConfiguration(commandName: "snooze", abstract: Queue.Snooze.summary)

        @OptionGroup var leased: LeasedOperation
        @Option(help: "How long it waits before it is ready again.", transform: Milliseconds.duration)
        var delay: Milliseconds?
        @Option(help: ArgumentHelp("When it is ready again.", valueName: "time"), transform: Timestamp.instant)
        var runAt: Timestamp?

        @OptionGroup var metaOptions: MetaOptions
        @OptionGroup var globals: GlobalOptions

        func validate() throws {
            guard (delay == nil) != (runAt == nil) else {
                throw ValidationError("either --delay or --run-at is needed")
            }
        }

        func makeCall() throws -> Queue.Snooze {
            if let delay { return Queue.Snooze(operation: leased.operation, lease: leased.lease, delayMs: delay) }
            guard let runAt else { throw UsageError("either --delay or --run-at is needed") }
            return Queue.Snooze(operation: leased.operation, lease: leased.lease, runAt: runAt)
        }

        func show(_ answer: Queue.Snooze.Answer, on screen: inout Screen) {
            screen.line(answer.state.rawValue + (answer.readyAt.map { ", again \(screen.clock.text($0))" } ?? ""))
        }
    }
}
