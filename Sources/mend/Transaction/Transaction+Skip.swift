import ArgumentParser
import MendProtocol

extension TransactionNoun {
    struct Skip: CallCommand {
        static let configuration = CommandConfiguration(commandName: "skip", abstract: Transaction.Skip.summary)

        @Argument(help: "The transaction's id.")
        var transaction: Int64
        @Option(help: "Why, for people.")
        var reason: String?

        @OptionGroup var globals: GlobalOptions

        func makeCall() -> Transaction.Skip { Transaction.Skip(transaction: transaction, reason: reason) }

        func show(_ answer: Transaction.EndAnswer, on screen: inout Screen) { screen.line(answer.words) }
    }
}
