import ArgumentParser
import MendProtocol

extension TransactionNoun {
    struct Step: ChangingCommand {
        static let configuration = CommandConfiguration(
            commandName: "step", abstract: Transaction.Step.summary,
            discussion: "Prints the step's number, which `txn confirm` takes.")

        @Argument(help: "The transaction's id.")
        var transaction: Int64
        @Argument(help: "What the step does, for people.")
        var name: String

        @Option(help: "The queue whose workers take the step back.", transform: Name.argument)
        var undoQueue: Name?
        @Option(help: ArgumentHelp("What they are given, any JSON; - for standard input.", valueName: "json"))
        var undo: String?
        @Option(help: "How the undo is tried again: a name or a JSON object.", transform: PolicyChoice.argument)
        var undoPolicy: PolicyChoice?
        @Option(help: "What happens when the undo's attempts are used up.")
        var onExhausted: Transaction.Undo.OnExhausted?

        @OptionGroup var metaOptions: MetaOptions
        @OptionGroup var globals: GlobalOptions

        func validate() throws {
            guard (undoQueue == nil) == (undo == nil) else {
                throw ValidationError("an undo needs both --undo-queue and --undo")
            }
            guard undoPolicy == nil || undo != nil else { throw ValidationError("--undo-policy goes with --undo only") }
            guard onExhausted == nil || undo != nil else {
                throw ValidationError("--on-exhausted goes with --undo only")
            }
        }

        func makeCall() throws -> Transaction.Step {
            guard let undoQueue, let undo else { return Transaction.Step(transaction: transaction, name: name) }
            let payload = try Input.json(undo, for: "--undo")
            return Transaction.Step(
                transaction: transaction, name: name,
                undo: Transaction.Undo(queue: undoQueue, payload: payload, policy: undoPolicy, onExhausted: onExhausted)
            )
        }

        func show(_ answer: Transaction.Step.Answer, on screen: inout Screen) {
            screen.line(String(answer.step))
            for warning in answer.warnings ?? [] { Notice.tell(warning) }
        }
    }
}
