import Glibc
import MendProtocol
import MendWire

/// A connection to the daemon for programs that do one thing after the other: each call blocks its thread.
///
/// Nothing is ever sent again by itself. Once the connection is lost, all calls fail as it did; connect anew by making
/// another client.
///
/// ```swift
/// let client = try BlockingClient()
/// let answer = try client.call(Queue.Enqueue(queue: name, payload: payload))
/// ```
public final class BlockingClient {
    /// What became of a call whose answer nobody has received yet.
    private enum Slot {
        case waiting
        /// Its caller has stopped waiting; the answer will be dropped.
        case givenUp
        case arrived(Reply)
    }

    public let settings: ClientSettings
    private let socket: Socket
    private var framer: LineFramer
    private var nextID = 1
    private var slots: [Int: Slot] = [:]
    /// Events that came while an answer was waited for.
    private var events: [JSONValue] = []
    private static let maxEvents = 10_000
    /// Why nothing more can be received.
    private var end: ClientError?
    /// Why nothing more can be sent. What came before it can still be received.
    private var writeEnd: ClientError?

    /// Connects to the daemon. Where nothing is said, ``SocketPath`` says where it is.
    public convenience init(
        socket path: String? = nil, settings: ClientSettings = ClientSettings()
    ) throws(ClientError) {
        let patience = Socket.Patience.milliseconds(settings.timeoutMs)
        let socket = try Socket.connect(to: SocketPath.resolve(path), patience: patience)
        self.init(socket, settings: settings)
    }

    /// Connects, and waits until the daemon answers at all: where systemd holds the socket and the daemon cannot start,
    /// connections are taken, and nobody ever answers. Nothing is sent but a ping, so that it is known that nothing was done.
    package convenience init(
        socket path: String?, settings: ClientSettings, answeringWithinMs limit: Int64
    ) throws(ClientError) {
        let path = SocketPath.resolve(path)
        let deadline = Deadline(afterMs: limit)
        self.init(try Socket.connect(to: path, patience: .milliseconds(limit)), settings: settings)
        do throws(ClientError) {
            _ = try receive(id: try submit(RequestLine(System.Ping(), meta: nil), until: deadline), until: deadline)
        } catch .timedOut {
            let time = limit.isMultiple(of: 1000) ? "\(limit / 1000) s" : "\(limit) ms"
            throw .unreachable(
                Unreachable(
                    socket: path, errno: ETIMEDOUT,
                    message: "the daemon at \(path) has not answered for \(time): nothing was done",
                    hint: "see `systemctl status mend` and `journalctl -u mend`; mend doctor may tell more"))
        }
    }

    /// Takes over a connected socket.
    package convenience init(adopting descriptor: Int32, settings: ClientSettings = ClientSettings()) {
        self.init(Socket(adopting: descriptor), settings: settings)
    }

    private init(_ socket: consuming Socket, settings: ClientSettings) {
        self.socket = socket
        self.settings = settings
        framer = LineFramer(maxLineBytes: settings.maxAnswerBytes)
    }

    /// Readable when something has come, an answer or the end.
    package var descriptor: Int32 { socket.descriptor }

    /// Does one call and waits for its answer.
    public func call<M: Method>(_ method: M, meta: Meta? = nil) throws(ClientError) -> M.Answer {
        try receive(try send(method, meta: meta))
    }

    /// Does a call of any method. `params` is an object, the answer is the result as it was sent.
    public func callRaw(method: String, params: RawJSON? = nil) throws(ClientError) -> RawJSON {
        RawJSON(try callValue(RequestLine(method: method, params: params)))
    }

    /// The result as a value that was not decoded.
    package func callValue<M: Method>(_ method: M, meta: Meta? = nil) throws(ClientError) -> JSONValue {
        try callValue(RequestLine(method, meta: meta))
    }

    private func callValue(_ request: RequestLine) throws(ClientError) -> JSONValue {
        let deadline = Deadline(afterMs: settings.timeoutMs)
        return try receive(id: try submit(request, until: deadline), until: deadline)
    }

    // MARK: Pipelining

    /// A call that was sent.
    public struct Sent<M: Method>: Hashable, Sendable {
        fileprivate let id: Int

        /// What `system.cancel` takes.
        package var requestID: RequestID { RequestID(id) }
    }

    /// Sends a call without waiting for its answer, which is held until ``receive(_:)`` asks for it.
    ///
    /// It returns when the daemon's side of the connection has taken the bytes; answers that come meanwhile are taken in,
    /// so that the two never wait for each other.
    public func send<M: Method>(_ method: M, meta: Meta? = nil) throws(ClientError) -> Sent<M> {
        Sent(id: try submit(RequestLine(method, meta: meta), until: Deadline(afterMs: settings.timeoutMs)))
    }

    /// Waits for the answer to a call that was sent. Each answer can be received once, in any order.
    public func receive<M: Method>(_ sent: Sent<M>) throws(ClientError) -> M.Answer {
        try M.answer(from: try receive(id: sent.id, until: Deadline(afterMs: settings.timeoutMs)))
    }

    /// The answer to a call that was sent, where it has come; it does not wait for it.
    package func arrived<M: Method>(_ sent: Sent<M>) throws(ClientError) -> M.Answer? {
        takeInArrived()
        guard let value = try arrivedValue(sent) else { return nil }
        return try M.answer(from: value)
    }

    /// Takes in what has come meanwhile, without waiting for more: answers for ``arrivedValue(_:)``, whosever they are.
    package func takeInArrived() { readOnce() }

    /// The answer to a call that was sent, as a value that was not decoded, where it has been taken in.
    package func arrivedValue<M: Method>(_ sent: Sent<M>) throws(ClientError) -> JSONValue? {
        if case .waiting = slots[sent.id], end == nil { return nil }
        return try receive(id: sent.id, until: Deadline(afterMs: settings.timeoutMs))
    }

    /// Does many calls on one way to the daemon and back. Each has its own outcome, in the order of `methods`.
    public func callAll<M: Method>(_ methods: [M]) -> [Result<M.Answer, ClientError>] {
        let sent = methods.map { method in
            Result { () throws(ClientError) in try send(method) }
        }
        return sent.map { sent in
            Result { () throws(ClientError) in try receive(try sent.get()) }
        }
    }

    /// Sends a call that is not answered. That it failed is counted by the daemon and told to nobody.
    public func notify<M: Method>(_ method: M, meta: Meta? = nil) throws(ClientError) {
        let bytes = try RequestLine(method, meta: meta).bytes(id: nil, limit: settings.maxRequestBytes)
        try write(bytes, until: Deadline(afterMs: settings.timeoutMs))
    }

    // MARK: Events

    /// The next event of any of this connection's subscriptions, which ``call(_:meta:)`` begins with `Events.Follow`. Waits
    /// until there is one, or for `timeoutMs` at most.
    ///
    /// Events that come while a call waits for its answer are kept for this, 10,000 of them: take them in time.
    public func nextEvent() throws(ClientError) -> FollowedEvent { try Self.event(try nextEventValue()) }

    /// An event that has come already.
    func readyEvent() throws(ClientError) -> FollowedEvent? {
        events.isEmpty ? nil : try Self.event(events.removeFirst())
    }

    private static func event(_ value: JSONValue) throws(ClientError) -> FollowedEvent {
        do throws(WireDecodingError) {
            return try WireDecoder.decode(FollowedEvent.self, from: value, unknownMembers: .ignore)
        } catch {
            throw .protocolViolation("an event: \(error.message)")
        }
    }

    /// The same as a value that was not decoded.
    package func nextEventValue() throws(ClientError) -> JSONValue {
        let deadline = Deadline(afterMs: settings.timeoutMs)
        while events.isEmpty {
            if let end { throw end }
            guard socket.wait(writable: false, until: deadline) != .timedOut else { throw .timedOut }
            readOnce()
        }
        return events.removeFirst()
    }

    private func submit(_ request: RequestLine, until deadline: Deadline) throws(ClientError) -> Int {
        let id = nextID
        let bytes = try request.bytes(id: id, limit: settings.maxRequestBytes)
        nextID += 1
        slots[id] = .waiting
        do throws(ClientError) {
            try write(bytes, until: deadline)
        } catch {
            slots[id] = nil
            throw error
        }
        return id
    }

    private func receive(id: Int, until deadline: Deadline) throws(ClientError) -> JSONValue {
        while true {
            switch slots[id] {
            case .arrived(let reply):
                slots[id] = nil
                return try reply.value()
            case .waiting: break
            case .givenUp, nil: throw .protocolViolation("the answer to call \(id) was received before or given up")
            }
            if let end { throw end }
            guard socket.wait(writable: false, until: deadline) != .timedOut else {
                slots[id] = .givenUp
                throw .timedOut
            }
            readOnce()
        }
    }

    // MARK: Bytes

    private func write(_ bytes: [UInt8], until deadline: Deadline) throws(ClientError) {
        var sent = 0
        while sent < bytes.count {
            if let end { throw end }
            // A daemon that refuses a connection says why before it closes.
            if writeEnd != nil { return }
            switch bytes.withUnsafeBytes({ socket.send(UnsafeRawBufferPointer(rebasing: $0[sent...])) }) {
            case .bytes(let count): sent += count
            case .failed(let number): writeEnd = .connectionLost(systemMessage(number))
            case .ended: writeEnd = .connectionLost("the daemon closed it")
            case .wouldBlock:
                switch socket.wait(writable: true, until: deadline) {
                case .ready(let readable, _): if readable { readOnce() }
                case .timedOut:
                    // Half a call cannot be taken back, and anything sent after it would be part of it.
                    if sent > 0 { end = .connectionLost("a call could be sent in part only") }
                    throw .timedOut
                }
            }
        }
    }

    /// Takes in what has come. What goes wrong is kept in `end`: answers that came before it are still good.
    private func readOnce() {
        withUnsafeTemporaryAllocation(byteCount: 64 << 10, alignment: 1) { buffer in
            switch socket.receive(into: buffer) {
            case .wouldBlock: break
            case .ended: end = end ?? writeEnd ?? .connectionLost("the daemon closed it")
            case .failed(let number): end = end ?? writeEnd ?? .connectionLost(systemMessage(number))
            case .bytes(let count):
                framer.append(UnsafeRawBufferPointer(rebasing: buffer[..<count]))
                do throws(ClientError) {
                    while let incoming = try framer.next(Incoming.parse) { try takeIn(incoming) }
                } catch {
                    end = error
                }
            }
        }
    }

    private func takeIn(_ incoming: Incoming) throws(ClientError) {
        switch incoming {
        case .notification: break
        case .event(let event):
            guard events.count < Self.maxEvents else {
                throw .connectionLost("\(events.count) events came, and nobody took them")
            }
            events.append(event)
        case .reply(let id, let reply):
            switch slots[id] {
            case .waiting: slots[id] = .arrived(reply)
            case .givenUp: slots[id] = nil
            case .arrived, nil: throw .protocolViolation("an answer to call \(id), which does not wait for one")
            }
        case .unattributed(let error):
            let open = slots.filter { if case .arrived = $0.value { false } else { true } }
            guard open.count == 1, !error.refusesConnection, let (id, slot) = open.first else {
                throw .unattributed(error)
            }
            if case .waiting = slot { slots[id] = .arrived(.failure(error)) } else { slots[id] = nil }
        }
    }
}
