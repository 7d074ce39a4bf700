import ArgumentParser
import MendProtocol

extension TransactionNoun {
    struct Rollback: CallCommand {
        static let configuration = CommandConfiguration(commandName: "rollback", abstract: Transaction.Rollback.summary)

        @Argument(help: "The transaction's id.")
        var transaction: Int64
        @Option(help: "Why, for people.")
        var reason: String?

        @Option(help: "Undo only the steps after this one, and go on from there.")
        var toStep: Int64?
        @Option(help: "How long to wait until the steps are undone.", transform: Milliseconds.duration)
        var wait: Milliseconds?

        @OptionGroup var globals: GlobalOptions

        func makeCall() -> Transaction.Rollback {
            Transaction.Rollback(transaction: transaction, reason: reason, toStep: toStep, waitMs: wait)
        }

        func show(_ answer: Transaction.EndAnswer, on screen: inout Screen) { screen.line(answer.words) }
    }
}
