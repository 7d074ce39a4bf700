import ArgumentParser
import Glibc
import MendClient
import MendProtocol

extension TransactionNoun {
    struct Run: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "run", abstract: "Runs a file of steps and their undos, as one transaction.",
            discussion: """
                Each line of the file is a step and, behind ::: , what takes it back; both are for /bin/sh. A step that \
                needs no undo has none. Lines that begin with # and empty ones say nothing; a line that ends with \\ goes \
                on in the next one.

                  # deploy-web
                  docker build -t web:42 .   ::: docker rmi web:42
                  systemctl restart web@42   ::: systemctl restart web@41
                  curl -fsS localhost/health

                Each undo is written down before its step begins. When all steps have succeeded, the transaction is \
                committed. Where one fails, takes too long, or Ctrl-C ends it, the steps are undone, the last one first. \
                Where this program itself is killed, the daemon rolls back, and `mend undo work` runs the undos.

                Exit status: 0 all steps are done; else that of the step that failed, 128 and the signal's number where \
                a signal came between two of them; 124 a step took too long, 125 mend itself failed.
                """)

        @Argument(help: "The file; - for standard input.")
        var file: String

        @Option(help: "The transaction's name; the file's where it is left out.", transform: Name.argument)
        var name: Name?
        @Option(
            help: "How long it may take in all until it is rolled back; 1h is the default.",
            transform: PositiveMilliseconds.duration)
        var timeout: PositiveMilliseconds?
        @Option(help: "End a step that takes longer; it has failed.", transform: PositiveMilliseconds.duration)
        var stepTimeout: PositiveMilliseconds?
        @Option(
            help: "End it for good where it has not ended so long after it was asked to.",
            transform: Milliseconds.duration)
        var killAfter = Milliseconds(unchecked: 10_000)
        @Flag(help: "Leave the undos to `mend undo work`.")
        var noWork = false
        @Flag(help: "Say each step before it begins.")
        var verbose = false

        @OptionGroup var globals: GlobalOptions

        func run() throws {
            let steps = try StepFile(Input.text(file)).steps
            guard !steps.isEmpty else { throw UsageError("there are no steps in \(file)") }
            try StepRun.conclude { signals in try run(steps, signals) }
        }

        private func run(_ steps: [StepFile.Step], _ signals: ForwardedSignals) throws -> Int32 {
            let voice = Voice(globals, isVerbose: verbose)
            let link = StepRun.link(globals)
            let begun = try link.call(
                Transaction.Begin(name: transactionName, timeoutMs: timeout, hold: .process(getpid())))
            func undo(_ reason: String?) throws {
                guard !noWork else {
                    _ = try link.call(Transaction.Rollback(transaction: begun.transaction, reason: reason))
                    return
                }
                let undos = UndoRun(transaction: begun.transaction, globals: globals, signals: signals, voice: voice)
                let end = try undos.run(link, reason: reason)
                voice.say("transaction \(begun.transaction): \(end.words)", hint: end.hint(begun.transaction))
            }
            for step in steps {
                if let signal = signals.waitForEnding(ms: 0) {
                    try undo("signal \(signal) before line \(step.line)")
                    return 128 + signal
                }
                voice.sayMore("line \(step.line): \(step.command)")
                let status = try stepRun(step, of: begun.transaction).run(link, signals)
                guard status == 0 else { return status }
            }
            do throws(ClientError) {
                let end = try link.callPatiently(
                    Transaction.Commit(transaction: begun.transaction), forMs: 30_000, voice)
                voice.sayMore("transaction \(begun.transaction): \(end.words)")
                return 0
            } catch {
                guard case .failed(let call) = error, call.reason == .conflict else { throw error }
                // Its deadline was faster, or somebody who has rolled it back.
                Notice.tell(call.message)
                try undo(nil)
                return ExitStatus.failed.rawValue
            }
        }

        private func stepRun(_ step: StepFile.Step, of transaction: Int64) -> StepRun {
            var run = StepRun(
                transaction: transaction, name: StepRun.name(step.command),
                words: ["/bin/sh", "-c", step.command], globals: globals)
            run.undo = step.undo.map { .script($0) }
            run.timeoutMs = stepTimeout?.value
            run.killAfterMs = killAfter.value
            run.leavesUndos = noWork
            return run
        }

        private var transactionName: Name {
            if let name { return name }
            let base = file.split(separator: "/").last.map(String.init) ?? file
            return Name(base) ?? Name(unchecked: "run")
        }
    }
}
