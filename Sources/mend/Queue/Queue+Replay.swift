import ArgumentParser
import MendProtocol

extension QueueNoun {
    struct Replay: CallCommand {
        static let configuration = CommandConfiguration(commandName: "replay", abstract: Queue.Replay.summary)

        @Argument(help: "The queue whose dead letters are put back, the oldest first.", transform: Name.argument)
        var queue: Name?
        @Option(help: "Instead of a queue's, this one.")
        var operation: Int64?
        @Option(help: ArgumentHelp("How many at most.", valueName: "n"), transform: PageSize.argument)
        var limit: PageSize?

        @OptionGroup var globals: GlobalOptions

        func validate() throws {
            guard (queue == nil) != (operation == nil) else {
                throw ValidationError("either a queue or --operation is needed")
            }
            guard operation == nil || limit == nil else { throw ValidationError("--limit goes with a queue only") }
        }

        func makeCall() throws -> Queue.Replay {
            if let operation { return Queue.Replay(operation: operation) }
            guard let queue else { throw UsageError("either a queue or --operation is needed") }
            return Queue.Replay(queue: queue, limit: limit)
        }

        func show(_ answer: Queue.Replay.Answer, on screen: inout Screen) {
            screen.line("replayed \(answer.replayed), \(answer.remaining) still dead")
        }
    }
}
