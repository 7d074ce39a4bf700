import ArgumentParser
import MendClient
import MendProtocol
import MendWire

extension QueueNoun {
    struct Lease: ChangingCommand {
        static let configuration = CommandConfiguration(
            commandName: "lease", abstract: Queue.Lease.summary,
            discussion: """
                Whoever takes an operation ends it with complete, fail or release, and its lease. The exit status is 75 \
                where nothing was ready in time.
                """)
        static let items: String? = "operations"

        @Argument(
            help: "Where to take from: the first that has something wins.", completion: LiveNames.queues,
            transform: Name.argument)
        var queues: [Name]

        @Option(help: ArgumentHelp("How many at most.", valueName: "n"), transform: PageSize.argument)
        var max: PageSize?
        @Option(
            help: "How long until it is ready again if nobody ends it; 60s is the default.",
            transform: PositiveMilliseconds.duration)
        var lease: PositiveMilliseconds?
        @Option(help: "How long to wait for the first one.", transform: Milliseconds.duration)
        var wait: Milliseconds?
        @Option(help: "A name to be seen by people.")
        var worker: String?

        @Option(help: "A process whose end ends the leases at once.")
        var holdPid: Int32?

        @OptionGroup var metaOptions: MetaOptions
        @OptionGroup var globals: GlobalOptions

        func makeCall() -> Queue.Lease {
            Queue.Lease(
                queues: queues, max: max, leaseMs: lease, waitMs: wait, worker: worker,
                hold: holdPid.map(Hold.process))
        }

        func show(_ answer: Queue.Lease.Answer, on screen: inout Screen) {
            guard !answer.operations.isEmpty else { return Notice.tell("nothing is ready") }
            var table = Table(
                .right("operation"), .right("lease"), .left("until"), .left("queue"), .left("attempt"), .left("payload")
            )
            for operation in answer.operations {
                table.add(
                    Table.Cell(operation.operation), Table.Cell(operation.lease),
                    Table.Cell(screen.clock.text(operation.leaseUntilAt)), Table.Cell(operation.queue.text),
                    Table.Cell("\(operation.attempt) of \(operation.maxAttempts)"), Table.Cell(operation.payload.text))
            }
            screen.table(table)
        }

        func conclude(_ result: JSONValue) throws {
            if try Queue.Lease.answer(from: result).operations.isEmpty { throw ExitStatus.tryLater }
        }
    }
}
