import ArgumentParser
import MendProtocol

extension ErrorNoun {
    struct List: PagedCommand {
        static let configuration = CommandConfiguration(commandName: "list", abstract: Errors.List.summary)
        static let items: String? = "errors"

        @Option(help: "Only of this service.")
        var service: String?
        @Option(help: "Only with this code.")
        var code: String?
        @Option(help: "Only of this category.")
        var category: Category?
        @Option(help: "Only of this severity.")
        var severity: Severity?
        @Option(help: "Only of this group.")
        var group: Int64?
        @Option(help: "Only from this point in time on, or from so long ago.", transform: Timestamp.past)
        var since: Timestamp?

        @OptionGroup var page: PageOptions
        @OptionGroup var globals: GlobalOptions

        func makeCall() throws -> Errors.List {
            var call = Errors.List()
            call.service = service
            call.code = code
            call.category = category
            call.severity = severity
            call.group = group
            call.since = since
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
                    Table.Cell(error.error), Table.Cell(error.group), Table.Cell(screen.clock.text(error.reportedAt)),
                    Table.Cell(error.severity.rawValue, error.severity.style), Table.Cell(error.category.rawValue),
                    Table.Cell(error.service), Table.Cell(error.code), Table.Cell(error.message))
            }
            screen.table(table)
        }
    }
}
