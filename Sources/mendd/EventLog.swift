import Logging
import MendEngine
import MendProtocol
import MendServer
import MendWire

/// Tells the log of what changed: each event of the daemon's own journal, with what it is about as metadata.
///
/// It reads events as any follower does, page by page after they are on disk, so it holds up nobody.
struct EventLog: Sendable {
    let server: Server
    let logger: Logger

    /// More seldom than events come in a storm: a page then holds many.
    private static let pace = Duration.milliseconds(100)

    /// Runs until its task is cancelled, and then tells the rest.
    func run() async {
        var filter = EventFilter()
        filter.kinds = EventKind.allCases.filter { $0.level >= logger.logLevel }.map(EventKinds.init)
        var last: Server.JournalPlace?
        for await _ in server.journalGrowth {
            tell(filter, after: &last)
            try? await Task.sleep(for: Self.pace)
        }
        tell(filter, after: &last)
    }

    /// - Parameter last: up to where all was told; nothing where it is to begin with this run's first one.
    private func tell(_ filter: EventFilter, after last: inout Server.JournalPlace?) {
        do throws(CallError) {
            while let (page, end, isLast) = try server.journalPage(filter, after: last), !isLast {
                if let missed = page.missed {
                    logger.warning("events \(missed.from) to \(missed.to) were removed before they could be told")
                }
                for event in page.events { tell(event) }
                last = end
            }
        } catch {
            logger.error("events cannot be read: \(error.message)")
        }
    }

    private func tell(_ event: Event) {
        var metadata: Logger.Metadata = ["event": "\(event.event)", "kind": "\(event.kind.rawValue)"]
        func add(_ name: String, _ value: (some CustomStringConvertible)?) {
            if let value { metadata[name] = "\(value)" }
        }
        add("operation", event.operation)
        add("queue", event.queue?.text)
        add("breaker", event.breaker?.text)
        add("transaction", event.transaction)
        add("error", event.error)
        add("group", event.group)
        add("correlation", event.correlation?.text)
        add("uid", event.uid)
        add("pid", event.pid)
        add("unit", event.unit)
        add("method", (try? event.details?.document)?.root["method"]?.stringValue)
        logger.log(level: event.kind.level, "\(event.message)", metadata: metadata)
    }
}
