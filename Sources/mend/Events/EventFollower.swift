import Glibc
import MendClient
import MendProtocol
import MendWire

/// Events as they happen, over restarts of the daemon: each once, none left out.
struct EventFollower {
    private static let pauseUs: UInt32 = 100_000

    let globals: GlobalOptions
    let filter: EventFilter
    /// The last event that is known already.
    var after: Int64?
    /// Or a point in time: events from it on.
    var since: Timestamp?
    /// How long a daemon that is gone is waited for.
    let patienceMs: Int64

    /// Follows until the daemon is given up.
    ///
    /// - Parameters:
    ///   - begun: is given what `events.follow` answered first, and the connection.
    ///   - told: is given each notification's parameters.
    func run(
        begun: (JSONValue, BlockingClient) throws -> Void, told: (JSONValue) throws -> Void
    ) throws {
        var client = try globals.connect()
        let start = try after ?? since.map { try Self.last(before: $0, client) }
        let answer = try client.callValue(Events.Follow(filter: filter, after: start))
        try begun(answer, client)
        var last = try start ?? Events.Follow.answer(from: answer).last
        while true {
            do {
                let value = try client.nextEventValue()
                try told(value)
                last = (value["event"]?["event"] ?? value["missed"]?["to"])?.integerValue.map(Int64.init) ?? last
            } catch let error as ClientError where error.isPassing {
                client = try goOn(after: last, error)
            }
        }
    }

    /// The last event before a point in time.
    private static func last(before point: Timestamp, _ client: BlockingClient) throws(ClientError) -> Int64 {
        var call = Events.List()
        call.since = point
        call.newestFirst = false
        call.limit = PageSize(unchecked: 1)
        while true {
            let page = try client.call(call)
            if let first = page.events.first { return first.event - 1 }
            guard let next = page.next else { return page.last }
            call.after = next
        }
    }

    /// A daemon that is restarted is back soon, and has kept the events that happened meanwhile.
    private func goOn(after last: Int64, _ lost: ClientError) throws -> BlockingClient {
        notice("\(lost.message): waiting for the daemon")
        let deadlineMs = monotonicMs().addingReportingOverflow(patienceMs)
        while deadlineMs.overflow || monotonicMs() < deadlineMs.partialValue {
            do throws(ClientError) {
                let client = try globals.connect()
                _ = try client.callValue(Events.Follow(filter: filter, after: last))
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

    /// Shows one of the notifications.
    func show(_ value: JSONValue) throws {
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
