import ArgumentParser
import MendProtocol

extension BreakerNoun {
    struct List: PagedCommand {
        static let configuration = CommandConfiguration(
            commandName: "list", abstract: Breaker.List.summary,
            discussion: """
                Below the breakers comes what was configured by pattern; with --json these are the objects with a \
                'pattern'.
                """)
        static let items: String? = "breakers"
        static let furtherItems: String? = "patterns"

        @Option(help: "Only in this state.")
        var state: BreakerState?

        @OptionGroup var page: PageOptions
        @OptionGroup var globals: GlobalOptions

        func makeCall() throws -> Breaker.List {
            Breaker.List(state: state, limit: page.limit, after: try page.after.map { try Name.argument($0) })
        }

        func show(_ answer: Breaker.List.Answer, on screen: inout Screen) {
            var table = Table(
                .left("breaker"), .left("state"), .left("since"), .left("tries again"), .right("in a row"),
                .right("failed"), .right("calls"), .right("permits"), .right("denied"), .right("abandoned"))
            for info in answer.breakers {
                table.add(
                    Table.Cell(info.breaker.text), Table.Cell(info.state.rawValue, info.state.style),
                    Table.Cell(screen.clock.text(info.since)), Table.Cell(screen.clock.age(info.retryAt)),
                    Table.Cell(info.consecutiveFailures), Table.Cell(info.windowFailures),
                    Table.Cell(info.windowCalls), Table.Cell(info.permits), Table.Cell(info.denied),
                    Table.Cell(info.abandoned))
            }
            screen.table(table)
            guard let patterns = answer.patterns, !patterns.isEmpty else { return }
            screen.line("")
            var said = Table(.left("pattern"), .left("settings"))
            for pattern in patterns {
                said.add(Table.Cell(pattern.pattern?.text), Table.Cell(pattern.words.joined(separator: " ")))
            }
            screen.table(said)
        }
    }
}
