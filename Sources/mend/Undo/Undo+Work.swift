import ArgumentParser
import MendClient
import MendProtocol

extension UndoNoun {
    struct Work: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "work", abstract: "Runs the undos of your transactions, one after the other.",
            discussion: """
                Those that `mend txn step --undo` and `mend txn run` have written down, from the queue undo.UID of the \
                user who runs it: by /bin/sh, in the directory and with the PATH that the step had. Nothing else is run: \
                what another user has enqueued, or what is no such undo, fails at once, and its transaction is parked.

                The daemon hands out the last step's undo first, and the next one when it is done. An undo does not begin \
                before its step has ended with all that it has started. SIGTERM and SIGINT: what runs may finish within \
                --grace or until the next such signal, and is given back then without spending the attempt.

                Exit status: 0 it was asked to stop, or with --drain nothing is ready; 128 and the signal's number where \
                it was asked to stop with --drain.
                """)

        @Flag(help: "End when nothing is ready.")
        var drain = false
        @Option(help: "How long what runs may go on after SIGTERM.", transform: Milliseconds.duration)
        var grace = Milliseconds(unchecked: 60_000)
        @Flag(help: "Say also what goes well.")
        var verbose = false

        @OptionGroup var globals: GlobalOptions

        func run() throws {
            OperationEnvironment.clear()
            let voice = Voice(globals, isVerbose: verbose)
            let settings = WorkSettings(
                globals, queues: [UndoScript.ownQueue], plan: UndoPlan(voice, isShown: verbose), voice: voice)
            try WorkLoop(drain ? .drain : .forever).run(settings, slots: 1, graceMs: grace.value)
        }
    }
}
