import ArgumentParser
import MendProtocol

extension ErrorNoun {
    struct Catalog: PagedCommand {
        static let configuration = CommandConfiguration(commandName: "catalog", abstract: Errors.Catalog.summary)
        static let items: String? = "codes"

        @Argument(help: "Only codes that begin with it, such as container.")
        var prefix: String?
        @Option(help: "The language for the messages to users, such as de-AT.")
        var locale: String?

        @OptionGroup var page: PageOptions
        @OptionGroup var globals: GlobalOptions

        func makeCall() -> Errors.Catalog {
            var call = Errors.Catalog()
            call.prefix = prefix
            call.locale = locale
            call.limit = page.limit
            call.after = page.after
            return call
        }

        func show(_ answer: Errors.Catalog.Answer, on screen: inout Screen) {
            var table = Table(
                .left("code"), .left("category"), .left("severity"), .left("strategy"), .right("http"), .left("means"))
            for code in answer.codes {
                table.add(
                    Table.Cell(code.code), Table.Cell(code.category.rawValue),
                    Table.Cell(code.severity.rawValue, code.severity.style), Table.Cell(code.strategy.rawValue),
                    Table.Cell(code.httpStatus.map { "\($0)" }), Table.Cell(code.message))
            }
            screen.table(table)
        }
    }
}
