import ArgumentParser
import MendProtocol

extension QueueNoun {
    struct List: PagedCommand {
        static let configuration = CommandConfiguration(commandName: "list", abstract: Queue.List.summary)
        static let items: String? = "operations"

        @Argument(help: "Only of this queue.", completion: LiveNames.queues, transform: Name.argument)
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
                table.add(
                    Table.Cell(operation.operation), Table.Cell(operation.queue.text),
                    Table.Cell(operation.state.rawValue, operation.state.style), Table.Cell(operation.priority),
                    Table.Cell("\(operation.attempt) of \(operation.maxAttempts)"),
                    Table.Cell(screen.clock.text(operation.enqueuedAt)), Table.Cell(operation.next(screen.clock)),
                    Table.Cell(operation.lastMessage))
            }
            screen.table(table)
        }
    }
}

extension OperationInfo {
    /// What comes next, and when; of one at its end, when that was.
    func next(_ clock: WallClock) -> String? {
        if let endedAt { return "ended \(clock.age(endedAt))" }
        let due = leaseUntilAt.map { ("lease ends", $0) } ?? readyAt.map { ("ready", $0) }
        let expiry = expiresAt.map { ("expires", $0) }
        let first = [due, expiry].compactMap { $0 }.min { $0.1 < $1.1 }
        return first.map { "\($0.0) \(clock.age($0.1))" }
    }
}
