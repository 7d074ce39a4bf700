import ArgumentParser
import MendProtocol

extension QueueNoun {
    struct Fail: ChangingCommand {
        static let configuration = CommandConfiguration(commandName: "fail", abstract: Queue.Fail.summary)

        @OptionGroup var leased: LeasedOperation
        @Argument(help: "What went wrong, for people.")
        var message: String

        @OptionGroup(title: "About the failure") var options: ReportOptions
        @OptionGroup var metaOptions: MetaOptions
        @OptionGroup var globals: GlobalOptions

        func makeCall() throws -> Queue.Fail {
            Queue.Fail(operation: leased.operation, lease: leased.lease, error: try options.report(message))
        }

        func show(_ answer: Queue.Fail.Answer, on screen: inout Screen) {
            let retry = answer.retryAt.map { ", again \(screen.clock.text($0))" } ?? ""
            screen.line("\(answer.state.rawValue)\(retry)")
            VerdictScreen(answer.verdict).show(on: &screen)
        }
    }
}
