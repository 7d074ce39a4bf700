import ArgumentParser
import MendProtocol

extension GroupNoun {
    struct List: PagedCommand {
        static let configuration = CommandConfiguration(commandName: "list", abstract: Group.List.summary)
        static let items: String? = "groups"

        @Option(help: "Only of this service.")
        var service: String?
        @Option(help: "Only in this state.")
        var state: GroupState?

        @OptionGroup var page: PageOptions
        @OptionGroup var globals: GlobalOptions

        func makeCall() throws -> Group.List {
            var call = Group.List()
            call.service = service
            call.state = state
            call.limit = page.limit
            call.after = try page.integerAfter()
            return call
        }

        func show(_ answer: Group.List.Answer, on screen: inout Screen) {
            var table = Table(
                .right("group"), .left("state"), .right("times"), .left("last seen"), .left("service"), .left("title"))
            for info in answer.groups {
                table.add(
                    Table.Cell(info.group), Table.Cell(info.state.rawValue, info.state.style),
                    Table.Cell(info.occurrences), Table.Cell(screen.clock.text(info.lastSeenAt)),
                    Table.Cell(info.service), Table.Cell(info.title))
            }
            screen.table(table)
        }
    }
}
