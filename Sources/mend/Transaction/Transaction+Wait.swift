import ArgumentParser
import MendClient
import MendProtocol
import MendWire

extension TransactionNoun {
    struct Wait: CallCommand {
        static let configuration = CommandConfiguration(
            commandName: "wait", abstract: Transaction.Wait.summary,
            discussion: """
                Exit status: 0 it is committed, or rolled back with all its undos; 1 it is parked, or rolled back without \
                some of them; 75 it has not ended yet. With --until inactive it is 0 too while it is rolled back.
                """)

        @Argument(help: "The transaction's id.", completion: LiveNames.transactions)
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

        func conclude(_ result: JSONValue) throws {
            try Transaction.Wait.answer(from: result).status(until == .inactive ? .rollingBack : nil).end()
        }
    }
}
