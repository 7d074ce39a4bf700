import ArgumentParser
import MendProtocol

extension EventsNoun {
    struct List: PagedCommand {
        static let configuration = CommandConfiguration(commandName: "list", abstract: Events.List.summary)
        static let items: String? = "events"

        @OptionGroup var events: EventOptions
        @Option(help: "Only from this point in time on, or from so long ago.", transform: Timestamp.past)
        var since: Timestamp?
        @Option(help: "Only until this point in time, or until so long ago.", transform: Timestamp.past)
        var until: Timestamp?
        @Flag(help: "The oldest first.")
        var oldestFirst = false
        @Flag(name: .shortAndLong, help: "Go on with each event as it happens: `mend events follow`.")
        var follow = false

        @OptionGroup var page: PageOptions
        @OptionGroup var globals: GlobalOptions

        mutating func run() throws {
            guard follow else { return try runPages() }
            guard until == nil else { throw UsageError("--follow has no end; it takes no --until") }
            let after = try page.integerAfter()
            guard after == nil || since == nil else { throw UsageError("--after and --since exclude each other") }
            try EventFollower(
                globals: globals, filter: events.filter, after: after, since: since, patienceMs: Follow.patienceMs
            ).run()
        }

        func makeCall() throws -> Events.List {
            var call = Events.List(filter: events.filter)
            call.since = since
            call.until = until
            call.newestFirst = !oldestFirst
            call.limit = page.limit
            call.after = try page.integerAfter()
            return call
        }

        func show(_ answer: Events.List.Answer, on screen: inout Screen) {
            var shown = EventScreen()
            for event in answer.events { shown.add(event, screen.clock) }
            shown.show(on: &screen)
            if let missed = answer.missed {
                Notice.tell("events \(missed.from) to \(missed.to) are not kept any more")
            }
        }
    }
}
