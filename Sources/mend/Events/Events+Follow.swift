import ArgumentParser
import Glibc
import MendClient
import MendProtocol
import MendWire

extension EventsNoun {
    struct Follow: CallCommand {
        static let configuration = CommandConfiguration(commandName: "follow", abstract: Events.Follow.summary)

        @OptionGroup var events: EventOptions
        @Option(help: "Begin with the event after this one.")
        var after: Int64?
        @Option(
            help: "How long to try to reach a daemon that is gone, to go on with the next event; 60s is the default.",
            transform: Milliseconds.duration)
        var reconnect: Milliseconds?
        @OptionGroup var globals: GlobalOptions

        private static let patienceMs: Int64 = 60_000
        private static let pauseUs: UInt32 = 100_000

        func makeCall() -> Events.Follow { Events.Follow(filter: events.filter, after: after) }

        func run() throws {
            var client = try globals.connect()
            let begun = try client.callValue(makeCall())
            try display(begun)
            var last = try after ?? Events.Follow.answer(from: begun).last
            while true {
                do {
                    let value = try client.nextEventValue()
                    try tell(value)
                    last = (value["event"]?["event"] ?? value["missed"]?["to"])?.integerValue.map(Int64.init) ?? last
                } catch let error as ClientError where error.isPassing {
                    client = try goOn(after: last, error)
                }
            }
        }

        /// A daemon that is restarted is back soon, and has kept the events that happened meanwhile.
        private func goOn(after last: Int64, _ lost: ClientError) throws -> BlockingClient {
            notice("\(lost.message): waiting for the daemon")
            let patience = reconnect?.value ?? Self.patienceMs
            let deadline = ContinuousClock.now + .milliseconds(patience)
            while ContinuousClock.now < deadline {
                do throws(ClientError) {
                    let client = try globals.connect()
                    _ = try client.callValue(Events.Follow(filter: events.filter, after: last))
                    notice("going on after event \(last)")
                    return client
                } catch {
                    guard error.isPassing else { throw error }
                    usleep(Self.pauseUs)
                }
            }
            throw FailureReport(
                .unreachable, word: "connection_lost", message: lost.message,
                hint: "--after \(last) goes on where this ended", asJSON: globals.json
            ).tell()
        }

        private func notice(_ text: String) {
            if !globals.quiet, !globals.json { Notice.tell(text) }
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

extension ClientError {
    /// Whether the same may well go when it is tried again.
    fileprivate var isPassing: Bool { [.unreachable, .tryLater].contains(ExitStatus(self)) }
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
