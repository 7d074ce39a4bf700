import ArgumentParser
import MendProtocol

extension QueueNoun {
    struct Replay: ChangingCommand {
        static let configuration = CommandConfiguration(commandName: "replay", abstract: Queue.Replay.summary)

        @Argument(
            help: "The queue whose dead letters are put back, the oldest first.", completion: LiveNames.queues,
            transform: Name.argument)
        var queue: Name?
        @Option(help: "Instead of a queue's, this one.", completion: LiveNames.operations)
        var operation: Int64?
        @Option(help: ArgumentHelp("How many at most.", valueName: "n"), transform: PageSize.argument)
        var limit: PageSize?

        @Option(help: "Only those whose last error is of this error group.", completion: LiveNames.groups)
        var group: Int64?
        @Option(help: "Only those of this lane.")
        var lane: String?
        @Option(help: "Only those with this key.")
        var key: String?
        @Option(help: "Only those that died at least so long ago.", transform: Milliseconds.duration)
        var olderThan: Milliseconds?
        @Option(help: "Only those that died at most so long ago.", transform: Milliseconds.duration)
        var newerThan: Milliseconds?
        @Option(help: ArgumentHelp("How many a second.", valueName: "number"), transform: Rate.argument)
        var rate: Rate?
        @Flag(help: "The first one goes alone; the others follow when it is done, and else stay dead.")
        var canary = false
        @Flag(help: "Ends the replay that is under way.")
        var stop = false

        @OptionGroup var metaOptions: MetaOptions
        @OptionGroup var globals: GlobalOptions

        private var isFiltered: Bool {
            group != nil || lane != nil || key != nil || olderThan != nil || newerThan != nil
        }

        func validate() throws {
            guard (queue == nil) != (operation == nil) else {
                throw ValidationError("either a queue or --operation is needed")
            }
            guard operation == nil || limit == nil && !isFiltered && rate == nil && !canary && !stop else {
                throw ValidationError("--operation goes alone: all other options are for a queue")
            }
        }

        func makeCall() throws -> Queue.Replay {
            if let operation { return Queue.Replay(operation: operation) }
            guard let queue else { throw UsageError("either a queue or --operation is needed") }
            var call = Queue.Replay(queue: queue, limit: limit)
            call.group = group
            call.lane = lane
            call.key = key
            call.olderThanMs = olderThan
            call.newerThanMs = newerThan
            call.rate = rate
            call.canary = canary ? true : nil
            call.stop = stop ? true : nil
            return call
        }

        func show(_ answer: Queue.Replay.Answer, on screen: inout Screen) {
            screen.line("replayed \(answer.replayed), \(answer.remaining) still dead")
            guard let replay = answer.replay else { return tellWhyNone(answer) }
            let canary = replay.canary.map { ": the others wait until operation \($0) is done" }
            screen.line("it goes on by itself" + (canary ?? ""))
        }

        /// The answer does not tell which of the reasons it was.
        private func tellWhyNone(_ answer: Queue.Replay.Answer) {
            guard answer.replayed == 0, answer.remaining > 0, !stop, !isFiltered else { return }
            Notice.tell(
                "what is still dead are undos of transactions, others' operations, or such whose key is in use again",
                hint: "undos go on with `mend txn resume`")
        }
    }
}
