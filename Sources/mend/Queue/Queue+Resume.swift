import ArgumentParser
import MendProtocol

extension QueueNoun {
    struct Resume: ChangingCommand {
        static let configuration = CommandConfiguration(commandName: "resume", abstract: Queue.Resume.summary)

        @Argument(help: "The queue's name.", completion: LiveNames.queues, transform: Name.argument)
        var queue: Name

        @OptionGroup var metaOptions: MetaOptions
        @OptionGroup var globals: GlobalOptions

        func makeCall() -> Queue.Resume { Queue.Resume(queue: queue) }

        func show(_ answer: Queue.PausedAnswer, on screen: inout Screen) {
            screen.line("\(answer.queue) is \(answer.paused ? "paused" : "running")")
        }
    }
}
