import ArgumentParser
import MendProtocol

extension TransactionNoun {
    struct Confirm: ChangingCommand {
        static let configuration = CommandConfiguration(commandName: "confirm", abstract: Transaction.Confirm.summary)

        @Argument(help: "The transaction's id.", completion: LiveNames.transactions)
        var transaction: Int64
        @Argument(help: "The step's number.")
        var step: Int64

        @OptionGroup var metaOptions: MetaOptions
        @OptionGroup var globals: GlobalOptions

        func makeCall() -> Transaction.Confirm { Transaction.Confirm(transaction: transaction, step: step) }

        func show(_ answer: Transaction.Confirm.Answer, on screen: inout Screen) { screen.line(answer.state.rawValue) }
    }
}
