import ArgumentParser
import MendProtocol

extension TransactionNoun {
    struct Wait: CallCommand {
        static let configuration = CommandConfiguration(commandName: "wait", abstract: Transaction.Wait.summary)

        @Argument(help: "The transaction's id.")
        var transaction: Int64
        @Option(help: "What is waited for; end is the default.")
        var until: Transaction.Wait.Until?
        @Option(help: "How long to wait; 60s is the default.", transform: Milliseconds.duration)
        var wait: Milliseconds?

        @OptionGroup var globals: GlobalOptions

        func makeCall() -> Transaction.Wait {
            Transaction.Wait(transaction: transaction, until: until, waitMs: wait)
        }

        func show(_ answer: Transaction.EndAnswer, on screen: inout Screen) { screen.line(answer.words) }
    }
}
