import ArgumentParser
import MendProtocol

extension QueueNoun {
    struct Purge: PagedCommand, ChangingCommand {
        static let configuration = CommandConfiguration(
            commandName: "purge", abstract: Queue.Purge.summary,
            discussion: "Without --state it takes those that have ended: done, dead, cancelled, expired.")

        @Argument(help: "The queue's name.", completion: LiveNames.queues, transform: Name.argument)
        var queue: Name
        @Option(help: "Those in this state; it can be given again.")
        var state: [OperationState] = []
        @Option(
            help: ArgumentHelp("Only those that ended, or were enqueued, so long ago.", valueName: "duration"),
            transform: Milliseconds.duration)
        var olderThan: Milliseconds?

        @OptionGroup var page: PageOptions
        @OptionGroup var metaOptions: MetaOptions
        @OptionGroup var globals: GlobalOptions

        func makeCall() throws -> Queue.Purge {
            Queue.Purge(
                queue: queue, states: state.isEmpty ? nil : state, olderThanMs: olderThan, limit: page.limit,
                after: try page.integerAfter())
        }

        func show(_ answer: Queue.Purge.Answer, on screen: inout Screen) {
            screen.line("purged \(answer.purged), \(answer.remaining) still there")
            guard answer.leavesUndosOnly, olderThan == nil, page.after == nil else { return }
            Notice.tell("undos of transactions are not purged", hint: "`mend txn resume` goes on with them")
        }
    }
}

extension Queue.Purge.Answer {
    /// Whether all were looked at, and those that are left could not be taken; not where only some were asked for.
    var leavesUndosOnly: Bool { purged == 0 && remaining > 0 && next == nil }
}
