import ArgumentParser
import MendProtocol

extension ErrorNoun {
    struct Get: CallCommand {
        static let configuration = CommandConfiguration(
            commandName: "get", abstract: Errors.Get.summary, aliases: ["show"])

        @Argument(help: "The report's id.")
        var error: Int64
        @Flag(help: "All of it: the whole stack trace and the end of standard error.")
        var full = false

        @OptionGroup var globals: GlobalOptions

        func makeCall() -> Errors.Get { Errors.Get(error: error) }

        func show(_ report: StoredReport, on screen: inout Screen) {
            ReportScreen(report, isFull: full).show(on: &screen)
        }
    }
}
