import ArgumentParser
import MendProtocol

extension ErrorNoun {
    struct Guidance: CallCommand {
        static let configuration = CommandConfiguration(commandName: "guidance", abstract: Errors.Guidance.summary)

        @Argument(help: "A code of the catalogue, such as posix.ENOSPC.")
        var code: String?
        @Option(help: "A stored error's id, in place of a code.")
        var error: Int64?
        @Option(help: "The language for the message to users, such as de-AT.")
        var locale: String?

        @OptionGroup var globals: GlobalOptions

        func makeCall() throws -> Errors.Guidance {
            guard (code == nil) != (error == nil) else {
                throw UsageError("either a code or --error is needed", hint: "mend error catalog lists all codes")
            }
            var call = Errors.Guidance()
            call.code = code
            call.error = error
            call.locale = locale
            return call
        }

        func show(_ answer: Errors.Guidance.Answer, on screen: inout Screen) {
            var table = Table(.left(""), .left(""))
            if let error = answer.error { table.add("error", Table.Cell(error)) }
            if let code = answer.code { table.add("code", Table.Cell(code)) }
            if let message = answer.message { table.add("means", Table.Cell(message)) }
            table.add(
                "category",
                Table.Cell("\(answer.category.rawValue), \(answer.severity.rawValue)", answer.severity.style))
            table.add("strategy", Table.Cell(answer.strategy.rawValue))
            if let why = answer.why { table.add("why", Table.Cell(why)) }
            if let status = answer.httpStatus { table.add("http", Table.Cell(Int64(status))) }
            table.add("for users", Table.Cell(answer.userMessage))
            for step in answer.guidance { table.add("to do", Table.Cell(step)) }
            if let plan = answer.plan { table.add("plan", Table.Cell(plan)) }
            screen.table(table)
        }
    }
}
