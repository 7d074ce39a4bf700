import ArgumentParser
import MendProtocol

extension TransactionNoun {
    struct Resolve: ChangingCommand {
        static let configuration = CommandConfiguration(commandName: "resolve", abstract: Transaction.Resolve.summary)

        @Argument(help: "The transaction's id.", completion: LiveNames.transactions)
        var transaction: Int64
        @Option(help: "What was done about it.")
        var reason: String

        @OptionGroup var metaOptions: MetaOptions
        @OptionGroup var globals: GlobalOptions

        func makeCall() -> Transaction.Resolve { Transaction.Resolve(transaction: transaction, reason: reason) }

        func show(_ answer: Transaction.EndAnswer, on screen: inout Screen) { screen.line(answer.words) }
    }
}
