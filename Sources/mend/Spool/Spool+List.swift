import ArgumentParser
import MendProtocol
import MendWire

extension SpoolNoun {
    struct List: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "list", abstract: "Show what is kept, the oldest first.")

        @OptionGroup var globals: GlobalOptions

        func run() throws {
            var screen = Screen.standard()
            var table = Table(.left("at"), .left("service"), .left("message"))
            let spool = try Spool.waiting()
            for name in try spool?.names() ?? [] {
                guard let report = spool?.read(name) else { continue }
                if globals.json {
                    screen.line(try WireEncoder.text(of: report))
                } else {
                    table.add(
                        Table.Cell(screen.clock.text(report.occurredAt?.value)), Table.Cell(report.service),
                        Table.Cell(report.message))
                }
            }
            if !table.isEmpty { screen.table(table) }
            if !globals.quiet { try screen.flush() }
        }
    }
}
