import ArgumentParser
import MendProtocol

extension TransactionNoun {
    struct List: PagedCommand {
        static let configuration = CommandConfiguration(commandName: "list", abstract: Transaction.List.summary)
        static let items: String? = "transactions"

        @Option(help: "Only in this state.")
        var state: TransactionState?

        @OptionGroup var page: PageOptions
        @OptionGroup var globals: GlobalOptions

        func makeCall() throws -> Transaction.List {
            Transaction.List(state: state, limit: page.limit, after: try page.integerAfter())
        }

        func show(_ answer: Transaction.List.Answer, on screen: inout Screen) {
            var table = Table(
                .right("transaction"), .left("name"), .left("state"), .right("steps"), .left("begun"),
                .left("deadline"),
                .left("ended"), .left("reason"))
            for info in answer.transactions {
                table.add(
                    Table.Cell(info.transaction), Table.Cell(info.name.text),
                    Table.Cell(info.state.rawValue, info.state.style), Table.Cell(info.steps),
                    Table.Cell(screen.clock.text(info.begunAt)), Table.Cell(screen.clock.age(info.deadlineAt)),
                    Table.Cell(screen.clock.age(info.endedAt)), Table.Cell(info.reason))
            }
            screen.table(table)
        }
    }
}
