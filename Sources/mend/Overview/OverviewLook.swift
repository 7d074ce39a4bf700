import Glibc
import MendClient
import MendProtocol
import MendWire

/// One look at the host: its calls are sent together, on one way to the daemon and back.
final class OverviewLook {
    /// How many of each kind are asked for: as many as are ever shown.
    private static let most = PageSize(unchecked: Int64(OverviewScreen.mostRows))
    /// How far back errors are looked at.
    static let errorWindowMs: Int64 = 6 * 3_600_000

    private typealias Receive = () throws(ClientError) -> JSONValue?

    private let client: BlockingClient
    private var waiting: [(part: Overview.Part, receive: Receive)] = []
    private var hasAskedForDead = false
    private(set) var overview = Overview(atMs: WallClock.system().nowMs)

    /// Readable when something has come.
    var descriptor: Int32 { client.descriptor }

    init(_ client: BlockingClient) throws(ClientError) {
        self.client = client
        for part in Overview.Part.all where part != .deadLetters { try ask(part) }
    }

    /// Waits for all answers.
    static func take(_ client: BlockingClient) throws(ClientError) -> Overview {
        let look = try OverviewLook(client)
        while try !look.isComplete() {
            var ready = pollfd(fd: look.descriptor, events: Int16(POLLIN), revents: 0)
            poll(&ready, 1, -1)
        }
        return look.overview
    }

    /// Takes in what has come, and tells whether that is all.
    func isComplete() throws(ClientError) -> Bool {
        // Once, before any is looked for: what came later is seen by who waits for the descriptor.
        client.takeInArrived()
        var left: [(part: Overview.Part, receive: Receive)] = []
        for call in waiting {
            do throws(ClientError) {
                if let answer = try call.receive() {
                    overview.add(answer, for: call.part)
                } else {
                    left.append(call)
                }
            } catch {
                guard case .failed = error else { throw error }
                overview.add(refusal: error, for: call.part)
            }
        }
        waiting = left
        guard waiting.isEmpty else { return false }
        return try !asksForDead()
    }

    /// To find some takes a way through all operations: it is not gone where there are none.
    private func asksForDead() throws(ClientError) -> Bool {
        guard !hasAskedForDead, overview.deadLetters > 0 else { return false }
        hasAskedForDead = true
        try ask(.deadLetters)
        return true
    }

    private func ask(_ part: Overview.Part) throws(ClientError) {
        switch part {
        case .hello: try send(System.Hello(), part)
        case .health: try send(System.Health(), part)
        case .status: try send(System.Status(), part)
        case .breakers(let state): try send(Breaker.List(state: state, limit: Self.most), part)
        // All of them: the worst are to be found.
        case .queues: try send(Queue.Stats(limit: PageSize(unchecked: PageSize.range.upperBound)), part)
        case .deadLetters: try send(Queue.List(state: .dead, limit: Self.most), part)
        case .parked: try send(Transaction.List(state: .parked, limit: Self.most), part)
        case .errors:
            var call = Errors.Analysis()
            call.windowMs = PositiveMilliseconds(unchecked: Self.errorWindowMs)
            call.limit = Self.most
            try send(call, part)
        }
    }

    private func send<M: Method>(_ method: M, _ part: Overview.Part) throws(ClientError) {
        let sent = try client.send(method)
        waiting.append(
            (
                part,
                { [client] () throws(ClientError) in try client.arrivedValue(sent) }
            ))
    }
}
