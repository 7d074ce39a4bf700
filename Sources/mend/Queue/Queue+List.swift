import ArgumentParser
import MendProtocol

extension QueueNoun {
    struct List: PagedCommand {
        static let configuration = CommandConfiguration(commandName: "list", abstract: Queue.List.summary)
        static let items: String? = "operations"

        @Argument(help: "Only of this queue.", transform: Name.argument)
        var queue: Name?
        @Option(help: "Only in this state.")
        var state: OperationState?

        @OptionGroup var page: PageOptions
        @OptionGroup var globals: GlobalOptions

        func makeCall() throws -> Queue.List {
            Queue.List(queue: queue, state: state, limit: page.limit, after: try page.integerAfter())
        }

        func show(_ answer: Queue.List.Answer, on screen: inout Screen) {
            var table = Table(
                .right("operation"), .left("queue"), .left("state"), .right("priority"), .left("attempt"),
                .left("enqueued"), .left("next"), .left("last message"))
            for operation in answer.operations {
                let next = operation.endedAt ?? operation.leaseUntilAt ?? operation.readyAt
                table.add(
                    Table.Cell(operation.operation), Table.Cell(operation.queue.text),
                    Table.Cell(operation.state.rawValue, operation.state.style), Table.Cell(operation.priority),
                    Table.Cell("\(operation.attempt) of \(operation.maxAttempts)"),
                    Table.Cell(screen.clock.text(operation.enqueuedAt)), Table.Cell(screen.clock.age(next)),
                    Table.Cell(operation.lastMessage))
            }
            screen.table(table)
        }
    }
}
