import ArgumentParser
import MendProtocol

extension TransactionNoun {
    struct Skip: ChangingCommand {
        static let configuration = CommandConfiguration(commandName: "skip", abstract: Transaction.Skip.summary)

        @Argument(help: "The transaction's id.", completion: LiveNames.transactions)
        var transaction: Int64
        @Option(
            help: ArgumentHelp(
                "The step whose undo is passed over; needed unless the transaction is parked at it.", valueName: "n"))
        var step: Int64?
        @Option(help: "Why, for people.")
        var reason: String?

        @OptionGroup var metaOptions: MetaOptions
        @OptionGroup var globals: GlobalOptions

        func makeCall() -> Transaction.Skip { Transaction.Skip(transaction: transaction, step: step, reason: reason) }

        func show(_ answer: Transaction.EndAnswer, on screen: inout Screen) { screen.line(answer.words) }
    }
}
