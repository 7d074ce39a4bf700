import ArgumentParser
import MendProtocol

extension TransactionNoun {
    struct Resume: ChangingCommand {
        static let configuration = CommandConfiguration(commandName: "resume", abstract: Transaction.Resume.summary)

        @Argument(help: "The transaction's id.", completion: LiveNames.transactions)
        var transaction: Int64

        @OptionGroup var metaOptions: MetaOptions
        @OptionGroup var globals: GlobalOptions

        func makeCall() -> Transaction.Resume { Transaction.Resume(transaction: transaction) }

        func show(_ answer: Transaction.EndAnswer, on screen: inout Screen) { screen.line(answer.words) }
    }
}
