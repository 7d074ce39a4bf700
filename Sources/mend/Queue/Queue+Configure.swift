import ArgumentParser
import MendProtocol
import MendWire

extension QueueNoun {
    struct Configure: ChangingCommand {
        static let configuration = CommandConfiguration(
            commandName: "configure", abstract: Queue.Configure.summary,
            discussion: "The value 'default' takes a setting back. What is not named stays as it is.")

        @Argument(help: "The queue's name.", completion: LiveNames.queues, transform: Name.argument)
        var queue: Name

        @Option(
            help: ArgumentHelp("Live operations that it takes before it is full.", valueName: "n"),
            transform: { try Setting.argument($0, QueueSize.argument) })
        var maxSize: Setting<QueueSize>?
        @Option(
            help: ArgumentHelp("Operations that are leased at a time at most.", valueName: "n"),
            transform: { try Setting.argument($0, Count.argument) })
        var maxConcurrent: Setting<Count>?
        @Option(
            help: ArgumentHelp("Leases a second.", valueName: "number"),
            transform: { try Setting.argument($0, Rate.argument) })
        var rate: Setting<Rate>?
        @Option(
            help: ArgumentHelp("Leases that may come at once after a rest.", valueName: "n"),
            transform: { try Setting.argument($0, Count.argument) })
        var burst: Setting<Count>?
        @Option(
            help: "The retry policy of operations that come without one: a name or a JSON object.",
            completion: LiveNames.policies, transform: { try Setting.argument($0, PolicyChoice.argument) })
        var policy: Setting<PolicyChoice>?
        @Option(
            help: ArgumentHelp("How long a lease is taken for where the call does not say.", valueName: "duration"),
            transform: { try Setting.argument($0, PositiveMilliseconds.duration) })
        var lease: Setting<PositiveMilliseconds>?
        @Option(
            help: ArgumentHelp("Leases lost in a row that make an operation poison.", valueName: "n"),
            transform: { try Setting.argument($0, Attempts.argument) })
        var poisonLosses: Setting<Attempts>?
        @Option(
            help: "Who may enqueue beside operators: users, and groups with an @, with commas; 'default' is everybody.",
            transform: { try Setting.argument($0, Members.argument) })
        var producers: Setting<Members>?
        @Option(
            help: "Who may lease beside operators: users, and groups with an @, with commas; 'default' is everybody.",
            transform: { try Setting.argument($0, Members.argument) })
        var consumers: Setting<Members>?
        @Option(
            help: "While this breaker is open, the queue's operations park.",
            completion: LiveNames.breakers, transform: { try Setting.argument($0, Name.argument) })
        var breaker: Setting<Name>?

        @OptionGroup var metaOptions: MetaOptions
        @OptionGroup var globals: GlobalOptions

        func makeCall() -> Queue.Configure {
            var call = Queue.Configure(queue: queue)
            call.maxSize = maxSize
            call.maxConcurrent = maxConcurrent
            call.rate = rate
            call.burst = burst
            call.policy = policy
            call.leaseMs = lease
            call.poisonLosses = poisonLosses
            call.producers = producers
            call.consumers = consumers
            call.breaker = breaker
            return call
        }

        func show(_ settings: QueueSettings, on screen: inout Screen) {
            var table = Table(.left(""), .left(""))
            func add(_ title: String, _ text: String?) {
                if let text { table.add(Table.Cell(title), Table.Cell(text)) }
            }
            add("max size", String(settings.maxSize))
            add("max concurrent", settings.maxConcurrent.map(String.init))
            add("rate", settings.rate.map { "\($0) a second, \(settings.burst ?? 1) at once" })
            add("policy", settings.policy.flatMap { try? WireEncoder.text(of: $0) })
            add("lease", DurationText.text(settings.leaseMs))
            add("poison losses", String(settings.poisonLosses))
            add("producers", settings.producers?.text)
            add("consumers", settings.consumers?.text)
            add("breaker", settings.breaker?.text)
            screen.table(table)
        }
    }
}
