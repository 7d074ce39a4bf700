import ArgumentParser
import MendProtocol

extension QueueNoun {
    struct Enqueue: ChangingCommand {
        static let configuration = CommandConfiguration(
            commandName: "enqueue", abstract: Queue.Enqueue.summary, discussion: "Prints the operation's id.",
            aliases: ["put"])

        @Argument(help: "The queue's name.", completion: LiveNames.queues, transform: Name.argument)
        var queue: Name
        @Argument(help: "Any JSON; - reads it from standard input. A negative number comes after --.")
        var payload: String

        @Option(help: "0 is the most urgent, 100 the default.", transform: Priority.argument)
        var priority: Priority?
        @Option(help: "How long it waits before it is ready.", transform: Milliseconds.duration)
        var delay: Milliseconds?
        @Option(help: ArgumentHelp("When it is ready.", valueName: "time"), transform: Timestamp.instant)
        var runAt: Timestamp?
        @Option(help: "At most one live operation per queue and key: the second gets the first's id.")
        var key: String?
        @Option(help: ArgumentHelp("How often it is tried.", valueName: "n"), transform: Attempts.argument)
        var maxAttempts: Attempts?
        @Option(
            help: "The retry policy: a name or a JSON object.", completion: LiveNames.policies,
            transform: PolicyChoice.argument)
        var policy: PolicyChoice?

        @Option(help: "Operations of one lane of a queue run one at a time, in the order in which they were enqueued.")
        var lane: String?
        @Option(
            help: ArgumentHelp(
                "What becomes of the lane when this one is dead: the next one goes, or the lane is blocked.",
                valueName: "next|block"))
        var onDead: Queue.Enqueue.OnDead?

        @Option(
            help: "How long it may take until it has been done; then it expires.",
            transform: PositiveMilliseconds.duration)
        var expires: PositiveMilliseconds?
        @Option(
            help: "How long it and its result stay readable once it is done: an hour at least.",
            transform: ResultTime.duration)
        var keepResult: ResultTime?

        @Option(
            help: "While this breaker is open, it is parked.", completion: LiveNames.breakers, transform: Name.argument)
        var breaker: Name?

        @Option(
            name: [.customLong("txn"), .customLong("transaction")],
            help: ArgumentHelp("This transaction holds it until it commits; a rollback drops it.", valueName: "id"),
            completion: LiveNames.transactions)
        var transaction: Int64?

        @OptionGroup var metaOptions: MetaOptions
        @OptionGroup var globals: GlobalOptions

        func validate() throws {
            guard delay == nil || runAt == nil else {
                throw ValidationError("--delay and --run-at exclude each other")
            }
            guard onDead == nil || lane != nil else { throw ValidationError("--on-dead goes with a --lane only") }
        }

        func makeCall() throws -> Queue.Enqueue {
            var call = Queue.Enqueue(
                queue: queue, payload: try Input.json(payload, for: "the payload"), priority: priority, delayMs: delay,
                runAt: runAt, key: key, maxAttempts: maxAttempts, policy: policy, lane: lane,
                onDead: onDead)
            call.expiresMs = expires
            call.keepResultMs = keepResult
            call.breaker = breaker
            call.transaction = transaction
            return call
        }

        func show(_ answer: Queue.Enqueue.Answer, on screen: inout Screen) {
            screen.line(String(answer.operation))
            if answer.deduplicated { Notice.tell("an operation with this key is there already: this is its id") }
        }
    }
}
