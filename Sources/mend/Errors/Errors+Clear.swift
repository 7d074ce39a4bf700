import ArgumentParser
import MendProtocol

extension ErrorNoun {
    struct Clear: PagedCommand, ChangingCommand {
        static let configuration = CommandConfiguration(
            commandName: "clear", abstract: Errors.Clear.summary,
            discussion:
                "--dry-run tells how many there are. --until now, alone, means all; with --correlation, all that belong to that."
        )

        @OptionGroup(title: "Which") var which: ErrorFilterOptions
        @OptionGroup var page: PageOptions
        @OptionGroup var metaOptions: MetaOptions
        @OptionGroup var globals: GlobalOptions

        func makeCall() throws -> Errors.Clear {
            var call = Errors.Clear(filter: which.filter(correlation: metaOptions.correlation))
            call.limit = page.limit
            call.after = try page.integerAfter()
            return call
        }

        func show(_ answer: Errors.Clear.Answer, on screen: inout Screen) {
            let more = answer.next == nil ? "" : " at least"
            let cleared = metaOptions.dryRun ? "would clear" : "cleared"
            screen.line("\(cleared) \(answer.cleared), \(answer.remaining)\(more) still there")
        }
    }
}
