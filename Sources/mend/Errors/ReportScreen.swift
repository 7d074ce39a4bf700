import MendProtocol
import MendWire

/// One report as people read it: the stack trace and what was written to standard error are folded.
struct ReportScreen {
    private static let linesShown = 5

    private let report: StoredReport
    private let isFull: Bool

    init(_ report: StoredReport, isFull: Bool) {
        self.report = report
        self.isFull = isFull
    }

    func show(on screen: inout Screen) {
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
        guard let details = try? JSONDocument(parsing: report.details.text).root else {
            table.add("details", Table.Cell(report.details.text))
            return screen.table(table)
        }
        let isLong = { (name: String) in name == "stack" || name == "stderr" }
        for member in details.members where !isLong(member.name) {
            table.add(Table.Cell(member.name), Table.Cell(member.value.stringValue ?? member.value.rawText))
        }
        screen.table(table)
        // The first frames say where it was; the last lines of standard error say why.
        for member in details.members where isLong(member.name) {
            showLines(member.name, member.value.lines, isEndFirst: member.name == "stderr", on: &screen)
        }
    }

    private func showLines(_ name: String, _ lines: [String], isEndFirst: Bool, on screen: inout Screen) {
        guard !lines.isEmpty else { return }
        let isFolded = !isFull && lines.count > Self.linesShown + 1
        let shown = !isFolded ? lines[...] : isEndFirst ? lines.suffix(Self.linesShown) : lines.prefix(Self.linesShown)
        let left = "    … \(lines.count - shown.count) more: --full shows them"
        screen.line("")
        screen.line(name)
        if isFolded, isEndFirst { screen.line(left) }
        for line in shown { screen.line("    " + line.singleLine) }
        if isFolded, !isEndFirst { screen.line(left) }
    }
}

extension JSONValue {
    /// The lines of a text, or of a list of texts.
    fileprivate var lines: [String] {
        let texts = stringValue.map { [$0] } ?? elements.map { $0.stringValue ?? $0.rawText }
        return texts.flatMap { $0.split(whereSeparator: \.isNewline).map(String.init) }
    }
}
