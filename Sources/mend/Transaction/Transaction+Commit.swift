import ArgumentParser
import MendProtocol

extension TransactionNoun {
    struct Commit: ChangingCommand {
        static let configuration = CommandConfiguration(commandName: "commit", abstract: Transaction.Commit.summary)

        @Argument(help: "The transaction's id.", completion: LiveNames.transactions)
        var transaction: Int64

        @OptionGroup var metaOptions: MetaOptions
        @OptionGroup var globals: GlobalOptions

        func makeCall() -> Transaction.Commit { Transaction.Commit(transaction: transaction) }

        func show(_ answer: Transaction.EndAnswer, on screen: inout Screen) { screen.line(answer.words) }
    }
}
