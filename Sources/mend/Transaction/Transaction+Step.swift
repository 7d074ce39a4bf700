import ArgumentParser
import MendClient
import MendProtocol
import MendWire

extension TransactionNoun {
    struct Step: ChangingCommand {
        static let configuration = CommandConfiguration(
            commandName: "step", abstract: Transaction.Step.summary,
            usage: """
                mend txn step TRANSACTION [NAME] [--undo SCRIPT] [OPTIONS] -- COMMAND [ARGUMENT …]
                mend txn step TRANSACTION NAME [--undo-queue QUEUE --undo JSON] [OPTIONS]
                """,
            discussion: """
                With a command, runs it as the step. Its undo is written down before: a script that /bin/sh runs in this \
                directory and with this PATH, from the queue undo.UID of the user who calls, or JSON for the workers of \
                --undo-queue. Where the command succeeds, the step is confirmed. Where it fails, that is reported; \
                then, and where a signal to us ends it, the transaction is rolled back, and the undos are run, the last \
                one first. Where the \
                transaction is rolled back meanwhile (its deadline, the end of its holder, a call), the command is ended \
                with all that it started before the undo of this step begins. In its environment are MEND_TRANSACTION \
                and MEND_STEP.

                Without a command, prints the step's number, which `mend txn confirm` takes.

                Exit status: the command's own, 128 and the signal's number where a signal ended it, 1 it came too late; \
                124 it took too long, 125 mend itself failed, 126 the command cannot be run, 127 it is not there.
                """)

        @Argument(help: "The transaction's id.", completion: LiveNames.transactions)
        var transaction: Int64
        @Argument(help: "What the step does, for people; the command where it is left out.")
        var name: String?

        @Option(help: "The queue whose workers take the step back.", transform: Name.argument)
        var undoQueue: Name?
        @Option(
            help: ArgumentHelp(
                "The script that takes it back; with --undo-queue any JSON for its workers, - for standard input.",
                valueName: "script|json"))
        var undo: String?
        @Option(help: "How the undo is tried again: a name or a JSON object.", transform: PolicyChoice.argument)
        var undoPolicy: PolicyChoice?
        @Option(help: "What happens when the undo's attempts are used up.")
        var onExhausted: Transaction.Undo.OnExhausted?

        @Option(help: "End a command that takes longer; the step has failed.", transform: PositiveMilliseconds.duration)
        var timeout: PositiveMilliseconds?
        @Option(
            help: "End it for good where it has not ended so long after it was asked to; 10s is the default.",
            transform: Milliseconds.duration)
        var killAfter: Milliseconds?
        @Flag(help: "Leave the undos to `mend undo work`.")
        var noWork = false

        @OptionGroup var metaOptions: MetaOptions
        @OptionGroup var globals: GlobalOptions

        @Argument(parsing: .postTerminator, help: ArgumentHelp("The command and its arguments.", valueName: "command"))
        var words: [String] = []

        func validate() throws {
            guard words.isEmpty else {
                guard words[0] != "" else { throw ValidationError("the command has no name") }
                guard undoQueue == nil || undo != nil else { throw ValidationError("--undo-queue needs --undo") }
                guard !metaOptions.dryRun else { throw ValidationError("--dry-run runs no command") }
                return try validateUndo()
            }
            guard name != nil else {
                throw ValidationError("a step needs a name, or a command after --")
            }
            guard (undoQueue == nil) == (undo == nil) else {
                throw ValidationError("an undo needs both --undo-queue and --undo, or a command after --")
            }
            guard timeout == nil, killAfter == nil, !noWork else {
                throw ValidationError("--timeout, --kill-after and --no-work go with a command after -- only")
            }
            try validateUndo()
        }

        private func validateUndo() throws {
            // Told as U+FFFD it would take back something else.
            guard undo?.unicodeScalars.contains("\u{FFFD}") != true else {
                throw ValidationError("--undo is not UTF-8: write such bytes as the shell's printf does, '\\351'")
            }
            guard undoPolicy == nil || undo != nil else { throw ValidationError("--undo-policy goes with --undo only") }
            guard onExhausted == nil || undo != nil else {
                throw ValidationError("--on-exhausted goes with --undo only")
            }
        }

        func makeCall() throws -> Transaction.Step {
            guard let undoQueue, let undo else { return Transaction.Step(transaction: transaction, name: name ?? "") }
            let payload = try Input.json(undo, for: "--undo")
            return Transaction.Step(
                transaction: transaction, name: name ?? "",
                undo: Transaction.Undo(queue: undoQueue, payload: payload, policy: undoPolicy, onExhausted: onExhausted)
            )
        }

        func show(_ answer: Transaction.Step.Answer, on screen: inout Screen) {
            screen.line(String(answer.step))
            for warning in answer.warnings ?? [] { Notice.tell(warning) }
        }

        func run() throws {
            guard !words.isEmpty else { return try runCall() }
            var step = StepRun(
                transaction: transaction, name: name ?? StepRun.name(words.joined(separator: " ")), words: words,
                globals: globals)
            step.undo = try undo.map { undo in
                try undoQueue.map { .operation(queue: $0, payload: try Input.json(undo, for: "--undo")) }
                    ?? .script(undo)
            }
            step.policy = undoPolicy
            step.onExhausted = onExhausted
            step.timeoutMs = timeout?.value
            if let killAfter { step.killAfterMs = killAfter.value }
            step.leavesUndos = noWork
            try StepRun.conclude { signals in
                try step.run(StepRun.link(globals), signals, meta: metaOptions.meta)
            }
        }
    }
}
