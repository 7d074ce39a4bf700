import ArgumentParser
import MendProtocol
import MendWire

extension ErrorNoun {
    struct Get: CallCommand {
        static let configuration = CommandConfiguration(commandName: "get", abstract: Errors.Get.summary)

        @Argument(help: "The report's id.")
        var error: Int64

        @OptionGroup var globals: GlobalOptions

        func makeCall() -> Errors.Get { Errors.Get(error: error) }

        func show(_ report: StoredReport, on screen: inout Screen) {
            var table = Table(.left(""), .left(""))
            table.add("error", Table.Cell("\(report.error) in group \(report.group)"))
            table.add("message", Table.Cell(report.message))
            table.add("service", Table.Cell(report.service))
            table.add("code", Table.Cell(report.code))
            table.add("type", Table.Cell(report.type))
            table.add("task", Table.Cell(report.task))
            table.add("category", Table.Cell(report.category.rawValue))
            table.add("severity", Table.Cell(report.severity.rawValue, report.severity.style))
            table.add("strategy", Table.Cell(report.strategy.rawValue))
            table.add("why", Table.Cell(report.why))
            table.add("occurred", Table.Cell(screen.clock.text(report.occurredAt)))
            table.add("reported", Table.Cell(screen.clock.text(report.reportedAt)))
            table.add("by", Table.Cell("\(report.command ?? "a program"), pid \(report.pid), uid \(report.uid)"))
            table.add("unit", Table.Cell(report.unit))
            table.add("details", Table.Cell(report.details.text))
            screen.table(table)
        }
    }
}
