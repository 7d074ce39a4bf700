import ArgumentParser
import MendClient
import MendProtocol
import MendWire

extension TransactionNoun {
    struct Rollback: ChangingCommand {
        static let configuration = CommandConfiguration(
            commandName: "rollback", abstract: Transaction.Rollback.summary,
            discussion: """
                Runs the undos that are scripts of yours (`mend txn step --undo`) itself, the last step's first, until the \
                steps are undone or the transaction is parked, and shows each. With --no-work or --wait they are left to \
                `mend undo work`. Undos on other queues are always left to the workers of those.

                Exit status: 0 the steps are undone; 1 it is parked, or some of its undos were given up; 75 not all of \
                them are undone yet. With --no-work and without --wait it is 0 once the rollback has begun.
                """)

        @Argument(help: "The transaction's id.", completion: LiveNames.transactions)
        var transaction: Int64
        @Option(help: "Why, for people.")
        var reason: String?

        @Option(help: "Undo only the steps after this one, and go on from there.")
        var toStep: Int64?
        @Option(
            help: "How long to wait until others have undone the steps.", transform: Milliseconds.duration)
        var wait: Milliseconds?
        @Flag(help: "Leave the undos to `mend undo work`.")
        var noWork = false

        @OptionGroup var metaOptions: MetaOptions
        @OptionGroup var globals: GlobalOptions

        func makeCall() -> Transaction.Rollback {
            Transaction.Rollback(transaction: transaction, reason: reason, toStep: toStep, waitMs: wait)
        }

        func show(_ answer: Transaction.EndAnswer, on screen: inout Screen) { screen.line(answer.words) }

        func conclude(_ result: JSONValue) throws {
            guard !isLeftToOthers || wait != nil, !metaOptions.dryRun else { return }
            try Transaction.Rollback.answer(from: result).status(toStep == nil ? nil : .active).end()
        }

        private var isLeftToOthers: Bool { noWork || wait != nil }

        func run() throws {
            guard !isLeftToOthers, !metaOptions.dryRun else { return try runCall() }
            let link = StepRun.link(globals)
            try link.connect()
            let undos = UndoRun(
                transaction: transaction, globals: globals, signals: try ForwardedSignals(), voice: Voice(globals))
            let answer = try undos.run(link, reason: reason, toStep: toStep, meta: metaOptions.meta)
            let result = try JSONDocument(parsing: WireEncoder.text(of: answer)).root
            try display(result)
            try conclude(result)
        }
    }
}
