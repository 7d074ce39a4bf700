import ArgumentParser
import MendClient
import MendProtocol
import MendWire

extension TransactionNoun {
    struct Rollback: ChangingCommand {
        static let configuration = CommandConfiguration(
            commandName: "rollback", abstract: Transaction.Rollback.summary,
            discussion: """
                Exit status with --wait: 0 the steps are undone; 1 it is parked, or some of its undos were given up; 75 not \
                all of them are undone yet.
                """)

        @Argument(help: "The transaction's id.")
        var transaction: Int64
        @Option(help: "Why, for people.")
        var reason: String?

        @Option(help: "Undo only the steps after this one, and go on from there.")
        var toStep: Int64?
        @Option(help: "How long to wait until the steps are undone.", transform: Milliseconds.duration)
        var wait: Milliseconds?

        @OptionGroup var metaOptions: MetaOptions
        @OptionGroup var globals: GlobalOptions

        func makeCall() -> Transaction.Rollback {
            Transaction.Rollback(transaction: transaction, reason: reason, toStep: toStep, waitMs: wait)
        }

        func show(_ answer: Transaction.EndAnswer, on screen: inout Screen) { screen.line(answer.words) }

        func conclude(_ result: JSONValue) throws {
            guard wait != nil else { return }
            try Transaction.Rollback.answer(from: result).status(toStep == nil ? nil : .active).end()
        }
    }
}
