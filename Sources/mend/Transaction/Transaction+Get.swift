import ArgumentParser
import MendProtocol

extension TransactionNoun {
    struct Get: CallCommand {
        static let configuration = CommandConfiguration(
            commandName: "get", abstract: Transaction.Get.summary, aliases: ["show"])

        @Argument(help: "The transaction's id.", completion: LiveNames.transactions)
        var transaction: Int64

        @OptionGroup var globals: GlobalOptions

        func makeCall() -> Transaction.Get { Transaction.Get(transaction: transaction) }

        func show(_ answer: Transaction.Get.Answer, on screen: inout Screen) {
            let info = answer.info
            var table = Table(.left(""), .left(""))
            table.add("transaction", Table.Cell("\(info.transaction) \(info.name)"))
            table.add("state", Table.Cell(info.state.rawValue, info.state.style))
            if let toStep = info.toStep { table.add("back to step", Table.Cell(toStep)) }
            if info.incomplete == true { table.add("incomplete", Table.Cell("not all of its undos ran", .warning)) }
            if let reason = info.reason { table.add("reason", Table.Cell(reason)) }
            table.add("begun", Table.Cell(screen.clock.text(info.begunAt)))
            if let deadline = info.deadlineAt { table.add("deadline", Table.Cell(screen.clock.text(deadline))) }
            if let ended = info.endedAt { table.add("ended", Table.Cell(screen.clock.text(ended))) }
            table.add("uid", Table.Cell(info.uid))
            if let correlation = info.correlation { table.add("correlation", Table.Cell(correlation.text)) }
            screen.table(table)
            guard !answer.steps.isEmpty else { return }
            screen.line("")
            var steps = Table(.right("step"), .left("state"), .left("undo on"), .right("operation"), .left("name"))
            for step in answer.steps {
                steps.add(
                    Table.Cell(step.step),
                    Table.Cell(step.state.rawValue + (step.uncertain ? " (uncertain)" : ""), step.state.style),
                    Table.Cell(step.queue?.text), Table.Cell(step.operation.map { String($0) }), Table.Cell(step.name))
            }
            screen.table(steps)
        }
    }
}
