import ArgumentParser
import MendProtocol

/// Which events are shown.
struct EventOptions: ParsableArguments {
    @Option(
        name: .customLong("kind"),
        help: ArgumentHelp("Only of this kind, or of a family such as breaker.*; more than once.", valueName: "kind"),
        transform: EventKinds.argument)
    var kinds: [EventKinds] = []
    @Option(help: "Only about this operation.", completion: LiveNames.operations)
    var operation: Int64?
    @Option(help: "Only about this queue.", completion: LiveNames.queues, transform: Name.argument)
    var queue: Name?
    @Option(help: "Only about this breaker.", completion: LiveNames.breakers, transform: Name.argument)
    var breaker: Name?
    @Option(help: "Only about this transaction.", completion: LiveNames.transactions)
    var transaction: Int64?
    @Option(help: "Only about this group of errors.", completion: LiveNames.groups)
    var group: Int64?
    @Option(help: "Only of this task, flow or run.", transform: Name.argument)
    var correlation: Name?
    @Option(help: "Only what this user caused.")
    var uid: UInt32?

    var filter: EventFilter {
        var filter = EventFilter()
        filter.kinds = kinds.isEmpty ? nil : kinds
        filter.operation = operation
        filter.queue = queue
        filter.breaker = breaker
        filter.transaction = transaction
        filter.group = group
        filter.correlation = correlation
        filter.uid = uid
        return filter
    }
}

extension EventKinds {
    static func argument(_ text: String) throws -> EventKinds {
        guard let kinds = EventKinds(text) else {
            throw ValidationError("it must be one of \(words.joined(separator: ", "))")
        }
        return kinds
    }
}
