import Foundation

/// The daemon that a transcript is held with.
final class TranscriptHost {
    private enum Start {
        case byHand(Daemon)
        case activated(Activated)
    }

    private let start: Start
    private var others: [LineClient] = []

    init(_ given: Transcript.Given) throws {
        if let socket = given.socket {
            let place = try TemporaryDirectory()
            try place.write(given.configuration, to: "mend.yaml")
            start = .activated(try Activated(names: socket, in: place))
        } else {
            start = .byHand(try Daemon(configuration: given.configuration))
        }
        for _ in 0..<given.connections {
            let other = try connect()
            _ = try other.result("system.ping")
            others.append(other)
        }
    }

    private var place: TemporaryDirectory {
        switch start {
        case .byHand(let daemon): daemon.place
        case .activated(let activated): activated.place
        }
    }

    var socket: String {
        switch start {
        case .byHand(let daemon): daemon.socket
        case .activated(let activated): activated.socket
        }
    }

    func connect() throws -> LineClient { try LineClient(path: socket) }

    /// What was written down, as this daemon says it: its configuration is not in the usual place.
    func here(_ expected: JSON) -> JSON {
        switch expected {
        case .string(let text): .string(text.replacingOccurrences(of: "/etc/mend/", with: place.file("")))
        case .array(let elements): .array(elements.map(here))
        case .object(let members): .object(members.mapValues(here))
        default: expected
        }
    }

    func signal(_ number: Int32) {
        switch start {
        case .byHand(let daemon): daemon.signal(number)
        case .activated(let activated): activated.child.signal(number)
        }
    }
}
