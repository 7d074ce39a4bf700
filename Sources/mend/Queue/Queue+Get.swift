import ArgumentParser
import MendProtocol
import MendWire

extension QueueNoun {
    struct Get: CallCommand {
        static let configuration = CommandConfiguration(commandName: "get", abstract: Queue.Get.summary)

        @Argument(help: "The operation's id.", completion: LiveNames.operations)
        var operation: Int64

        @OptionGroup var globals: GlobalOptions

        func makeCall() -> Queue.Get { Queue.Get(operation: operation) }

        func show(_ operation: OperationInfo, on screen: inout Screen) {
            var table = Table(.left(""), .left(""))
            func add(_ title: String, _ text: String?) {
                if let text { table.add(Table.Cell(title), Table.Cell(text)) }
            }
            add("operation", String(operation.operation))
            add("queue", operation.queue.text)
            table.add("state", Table.Cell(operation.state.rawValue, operation.state.style))
            add("priority", String(operation.priority))
            add("attempt", "\(operation.attempt) of \(operation.maxAttempts)")
            add("breaker", operation.breaker?.text)
            add("key", operation.key)
            add("lane", operation.lane.map { lane in lane + (operation.behind.map { ", behind \($0)" } ?? "") })
            add("uid", String(operation.uid))
            add("enqueued", screen.clock.text(operation.enqueuedAt))
            add("ready", screen.clock.text(operation.readyAt))
            add("leased until", screen.clock.text(operation.leaseUntilAt))
            add("expires", operation.endedAt == nil ? screen.clock.text(operation.expiresAt) : nil)
            add("worker", operation.worker)
            add("ended", screen.clock.text(operation.endedAt))
            add("last error", operation.lastError.map { "\($0): \(operation.lastMessage ?? "")" })
            add("transaction", operation.transaction.map { "\($0), step \(operation.step ?? 0)" })
            add("correlation", operation.correlation?.text)
            add("traceparent", operation.traceparent?.text)
            add("result", operation.result?.text)
            add("payload", operation.payload?.text)
            screen.table(table)
        }
    }
}
