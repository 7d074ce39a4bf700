import ArgumentParser
import MendClient
import MendProtocol
import MendWire

extension EventsNoun {
    struct Follow: CallCommand {
        static let configuration = CommandConfiguration(commandName: "follow", abstract: Events.Follow.summary)

        @OptionGroup var events: EventOptions
        @Option(help: "Begin with the event after this one.")
        var after: Int64?
        @OptionGroup var globals: GlobalOptions

        func makeCall() -> Events.Follow { Events.Follow(filter: events.filter, after: after) }

        func run() throws {
            let client = try globals.connect()
            try display(try client.callValue(makeCall()))
            while true { try tell(try client.nextEventValue()) }
        }

        func show(_ answer: Events.Follow.Answer, on screen: inout Screen) {
            let operations = answer.snapshot.operations
            screen.line(
                "after event \(answer.last): \(operations.live) live operations, \(operations.dead) dead, "
                    + "\(answer.snapshot.breakers.count) breakers not closed, "
                    + "\(answer.snapshot.transactions.values.reduce(0, +)) transactions under way")
        }

        private func tell(_ value: JSONValue) throws {
            guard !globals.quiet else { return }
            var screen = Screen.standard(continued: true)
            if globals.json {
                screen.line(RawJSON(value).text)
            } else {
                let told = try WireDecoder.decode(FollowedEvent.self, from: value, unknownMembers: .ignore)
                if let missed = told.missed {
                    Notice.tell("events \(missed.from) to \(missed.to) were removed before they were read")
                }
                if let event = told.event { screen.line(event.line(screen)) }
            }
            try screen.flush()
        }
    }
}

extension Event {
    /// One line of its own: what comes later cannot be aligned with what was shown before.
    fileprivate func line(_ screen: Screen) -> String {
        var table = Table(.left(""), .left(""), .left(""), .left(""), .left(""))
        table.add(
            Table.Cell(event), Table.Cell(screen.clock.point(at)), Table.Cell(kind.rawValue, kind.style),
            Table.Cell(about.joined(separator: " ")), Table.Cell(message))
        return String(table.text(width: screen.width, hasColour: screen.hasColour).dropLast())
    }
}
