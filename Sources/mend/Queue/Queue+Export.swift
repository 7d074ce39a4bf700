import ArgumentParser
import Glibc
import MendClient
import MendProtocol

extension QueueNoun {
    struct Export: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "export",
            abstract: "Writes operations as lines of JSON, one each, as queue import takes them.",
            discussion: """
                Without --state it writes what waits: the ready, scheduled and parked ones. What is leased or held is in \
                somebody's hands, and is only counted. Nothing is taken out of the queues.

                A line has the parameters of queue.enqueue, and the correlation and trace of the operation. How long it \
                has until it expires is written as it is now, and counts from the import on.
                """)

        @Argument(
            help: "The queues; all of them where none is named.", completion: LiveNames.queues, transform: Name.argument
        )
        var queues: [Name] = []
        @Option(help: "Only in this state; may be given several times.")
        var state: [OperationState] = []
        @Option(
            name: [.short, .long],
            help: ArgumentHelp(
                "Write to this file, which others may not read, instead of standard output.", valueName: "file"),
            completion: .file())
        var output = "-"
        @OptionGroup var globals: GlobalOptions

        func run() throws {
            let client = try globals.connect()
            let known = try knownQueues(client)
            let descriptor = output == "-" ? 1 : open(output, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
            guard descriptor >= 0 else {
                throw UsageError("\(output) cannot be written: \(String(cString: strerror(errno)))")
            }
            defer { if descriptor != 1 { close(descriptor) } }
            var run = QueueExport(
                client: client, known: known, states: Set(state), descriptor: descriptor,
                bar: ProgressBar("exported", globals, output: descriptor))
            defer { run.bar.end() }
            for queue in queues.isEmpty ? [nil] : queues.map(Optional.some) { try run.add(queue) }
            run.bar.end()
            try tell(run)
        }

        /// The queues that are meant.
        private func knownQueues(_ client: BlockingClient) throws -> [Name: QueueInfo] {
            var known: [Name: QueueInfo] = [:]
            var call = Queue.Stats()
            repeat {
                let answer = try client.call(call)
                for info in answer.queues { known[info.queue] = info }
                call.after = answer.next
            } while call.after != nil
            for queue in queues where known[queue] == nil {
                let near = CommandSuggestion.nearest(to: queue.text, in: known.keys.map(\.text).sorted())
                throw UsageError(
                    "there is no queue \(queue)",
                    hint: near.map { "did you mean \($0)?" } ?? "see which there are: mend queue stats")
            }
            return queues.isEmpty ? known : known.filter { queues.contains($0.key) }
        }

        private func tell(_ run: QueueExport) throws {
            if run.untold > 0 {
                Notice.tell(
                    "\(run.untold) were left out: their payloads are not told to you, or cannot be opened",
                    hint: "payloads are for who enqueued them and for operators; mend system hello says who you are")
            }
            if run.inHands > 0, !globals.quiet {
                Notice.tell(
                    "\(run.inHands) that are leased or held were left out",
                    hint: "--state leased and --state held write them, too")
            }
            if run.untold > 0 { throw ExitStatus.notAllowed }
        }
    }
}
