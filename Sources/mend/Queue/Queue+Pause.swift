import ArgumentParser
import MendProtocol

extension QueueNoun {
    struct Pause: ChangingCommand {
        static let configuration = CommandConfiguration(commandName: "pause", abstract: Queue.Pause.summary)

        @Argument(help: "The queue's name.", completion: LiveNames.queues, transform: Name.argument)
        var queue: Name

        @OptionGroup var metaOptions: MetaOptions
        @OptionGroup var globals: GlobalOptions

        func makeCall() -> Queue.Pause { Queue.Pause(queue: queue) }

        func show(_ answer: Queue.PausedAnswer, on screen: inout Screen) {
            screen.line("\(answer.queue) is \(answer.paused ? "paused" : "running")")
        }
    }
}
