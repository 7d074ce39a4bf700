import MendProtocol
import MendWire

/// The calls of a ``Client``'s connection: which wait for their turn, which for their answer, and the bytes between.
///
/// It does no I/O and resumes nobody: what is to be done is what its methods return.
struct LinkState<Waiter: Sendable>: Sendable {
    /// Whom to tell what.
    struct Told: Sendable {
        let waiter: Waiter
        let outcome: Result<JSONValue?, ClientError>
    }

    private struct Request: Sendable {
        /// Nil for a notification.
        let id: Int?
        let bytes: [UInt8]
        let waiter: Waiter
    }

    private enum Call: Sendable {
        case waiting(Waiter)
        /// Nobody waits for it any more; the answer will be dropped.
        case givenUp
    }

    private let maxInFlight: Int
    private let maxOutgoingBytes: Int
    private var lastID = 0
    /// Requests whose turn has not come. Those given up are nil, so that places stay.
    private var queue: [Request?] = []
    private var queueHead = 0
    private var inFlight: [Int: Call] = [:]
    private var outgoing: [UInt8] = []
    private var outgoingHead = 0
    /// Why the connection is no more.
    private(set) var end: ClientError?

    init(maxInFlight: Int, maxOutgoingBytes: Int) {
        self.maxInFlight = max(1, maxInFlight)
        self.maxOutgoingBytes = maxOutgoingBytes
    }

    mutating func makeID() -> Int {
        lastID += 1
        return lastID
    }

    var hasOutgoing: Bool { outgoingHead < outgoing.count }

    /// Takes a request, or says at once why it cannot be sent.
    mutating func submit(id: Int?, bytes: [UInt8], waiter: Waiter) -> [Told] {
        if let end { return [Told(waiter: waiter, outcome: .failure(end))] }
        queue.append(Request(id: id, bytes: bytes, waiter: waiter))
        return admit()
    }

    /// Lets requests go out whose turn has come; the ones that wait for no answer are told.
    private mutating func admit() -> [Told] {
        var told: [Told] = []
        while queueHead < queue.count {
            guard let request = queue[queueHead] else {
                queueHead += 1
                continue
            }
            let pending = outgoing.count - outgoingHead
            // One that is larger than the whole room goes when the room is empty.
            guard pending == 0 || pending + request.bytes.count <= maxOutgoingBytes else { break }
            if let id = request.id {
                guard inFlight.count < maxInFlight else { break }
                inFlight[id] = .waiting(request.waiter)
            } else {
                told.append(Told(waiter: request.waiter, outcome: .success(nil)))
            }
            queueHead += 1
            outgoing.append(contentsOf: request.bytes)
        }
        if queueHead > queue.count / 2 {
            queue.removeSubrange(..<queueHead)
            queueHead = 0
        }
        return told
    }

    /// Hands what is to be sent to `send`, which returns how much of it went.
    mutating func flush(_ send: (UnsafeRawBufferPointer) -> Int) -> [Told] {
        guard hasOutgoing else { return [] }
        outgoingHead += outgoing.withUnsafeBytes { send(UnsafeRawBufferPointer(rebasing: $0[outgoingHead...])) }
        if !hasOutgoing {
            outgoing.removeAll(keepingCapacity: outgoing.capacity <= 64 << 10)
            outgoingHead = 0
        } else if outgoingHead > outgoing.count / 2 {
            outgoing.removeSubrange(..<outgoingHead)
            outgoingHead = 0
        }
        return admit()
    }

    mutating func takeIn(_ incoming: Incoming) -> [Told] {
        switch incoming {
        // Events are read on connections of their own: `EventFeed`.
        case .event, .notification: return []
        case .reply(let id, let reply):
            guard let call = inFlight.removeValue(forKey: id) else {
                return finish(.protocolViolation("an answer to call \(id), which does not wait for one"))
            }
            return settle(call, reply) + admit()
        case .unattributed(let error):
            if inFlight.count == 1, !error.refusesConnection, let (_, call) = inFlight.popFirst() {
                return settle(call, .failure(error)) + admit()
            }
            return finish(.unattributed(error))
        }
    }

    private func settle(_ call: Call, _ reply: Reply) -> [Told] {
        guard case .waiting(let waiter) = call else { return [] }
        return [Told(waiter: waiter, outcome: Result { () throws(ClientError) in try reply.value() })]
    }

    /// Ends one call's wait. It is not sent if its turn had not come.
    mutating func giveUp(_ id: Int, _ error: ClientError) -> [Told] {
        if case .waiting(let waiter)? = inFlight[id] {
            inFlight[id] = .givenUp
            return [Told(waiter: waiter, outcome: .failure(error))]
        }
        guard let place = queue.firstIndex(where: { $0?.id == id }), let request = queue[place] else { return [] }
        queue[place] = nil
        return [Told(waiter: request.waiter, outcome: .failure(error))]
    }

    /// Ends the connection: everyone who waits is told why.
    mutating func finish(_ error: ClientError) -> [Told] {
        guard end == nil else { return [] }
        end = error
        let waiting = inFlight.sorted { $0.key < $1.key }.compactMap { _, call in
            if case .waiting(let waiter) = call { waiter } else { nil }
        }
        let all = waiting + queue.compactMap { $0?.waiter }
        inFlight = [:]
        queue = []
        queueHead = 0
        outgoing = []
        outgoingHead = 0
        return all.map { Told(waiter: $0, outcome: .failure(error)) }
    }
}
