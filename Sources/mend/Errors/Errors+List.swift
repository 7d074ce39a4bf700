import ArgumentParser
import MendProtocol

extension ErrorNoun {
    struct List: PagedCommand {
        static let configuration = CommandConfiguration(commandName: "list", abstract: Errors.List.summary)
        static let items: String? = "errors"

        @OptionGroup(title: "Which") var which: ErrorFilterOptions
        @Option(help: "Only of this task, flow or run.", transform: Name.argument)
        var correlation: Name?
        @OptionGroup var page: PageOptions
        @OptionGroup var globals: GlobalOptions

        func makeCall() throws -> Errors.List {
            var call = Errors.List(filter: which.filter(correlation: correlation))
            call.limit = page.limit
            call.after = try page.integerAfter()
            return call
        }

        func show(_ answer: Errors.List.Answer, on screen: inout Screen) {
            var table = Table(
                .right("error"), .right("group"), .left("when"), .left("severity"), .left("category"), .left("service"),
                .left("code"), .left("message"))
            for error in answer.errors {
                table.add(
                    Table.Cell(error.error), Table.Cell(error.group), Table.Cell(screen.clock.text(error.occurredAt)),
                    Table.Cell(error.severity.rawValue, error.severity.style), Table.Cell(error.category.rawValue),
                    Table.Cell(error.service), Table.Cell(error.code), Table.Cell(error.message))
            }
            screen.table(table)
        }
    }
}
