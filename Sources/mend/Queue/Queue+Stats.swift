import ArgumentParser
import MendProtocol

extension QueueNoun {
    struct Stats: PagedCommand {
        static let configuration = CommandConfiguration(commandName: "stats", abstract: Queue.Stats.summary)
        static let items: String? = "queues"

        @Argument(help: "Only this one.", completion: LiveNames.queues, transform: Name.argument)
        var queue: Name?

        @OptionGroup var page: PageOptions
        @OptionGroup var globals: GlobalOptions

        func makeCall() throws -> Queue.Stats {
            let after = try page.after.map(Name.argument)
            return Queue.Stats(queue: queue, limit: page.limit, after: after)
        }

        func show(_ answer: Queue.Stats.Answer, on screen: inout Screen) {
            var table = Table(
                .left("queue"), .right("ready"), .right("scheduled"), .right("leased"), .right("held"),
                .right("parked"), .right("done"), .right("dead"), .right("live of"), .left("next enqueued"))
            for queue in answer.queues {
                let counts = queue.counts
                table.add(
                    Table.Cell(queue.queue.text + (queue.paused ? " (paused)" : ""), queue.paused ? .warning : .plain),
                    Table.Cell(counts.ready), Table.Cell(counts.scheduled), Table.Cell(counts.leased),
                    Table.Cell(counts.held), Table.Cell(counts.parked), Table.Cell(counts.done),
                    Table.Cell(counts.dead, counts.dead > 0 ? .bad : .plain),
                    Table.Cell("\(counts.live)/\(queue.settings.maxSize)"),
                    Table.Cell(queue.nextAgeMs.map { DurationText.text($0) }))
            }
            screen.table(table)
        }
    }
}
