import Glibc
import MendWire
import Synchronization

/// The socket of a ``Client`` and the thread that reads it.
///
/// Callers write their own bytes as long as the socket takes them; what it does not take goes out from the thread.
final class Link: Sendable {
    typealias Waiter = CheckedContinuation<Result<JSONValue?, ClientError>, Never>
    typealias State = LinkState<Waiter>

    let socket: Socket
    let settings: ClientSettings
    /// Two ends of one line: a byte sent into the one ends the thread's wait at the other.
    private let bell: Socket
    let bellEar: Socket
    let state: Mutex<State>

    init(_ socket: consuming Socket, settings: ClientSettings) {
        self.socket = socket
        self.settings = settings
        var ends: [Int32] = [-1, -1]
        socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0, &ends)
        bell = Socket(adopting: ends[0])
        bellEar = Socket(adopting: ends[1])
        state = Mutex(State(maxInFlight: settings.maxInFlight, maxOutgoingBytes: settings.maxOutgoingBytes))
    }

    /// Starts the thread. It holds this link until the connection has ended.
    func start() {
        guard bell.descriptor >= 0 else {
            return change { $0.finish(.connectionLost("no more files can be opened")) }
        }
        var thread = pthread_t()
        let status = pthread_create(
            &thread, nil,
            { context in
                guard let context else { return nil }
                Unmanaged<Link>.fromOpaque(context).takeRetainedValue().run()
                return nil
            }, Unmanaged.passRetained(self).toOpaque())
        guard status == 0 else {
            Unmanaged.passUnretained(self).release()
            return change { $0.finish(.connectionLost("no thread could be made: \(systemMessage(status))")) }
        }
        pthread_detach(thread)
    }

    // MARK: Calls

    func call(_ request: RequestLine) async throws(ClientError) -> Reply {
        let id = state.withLock { $0.makeID() }
        let bytes = try request.bytes(id: id, limit: settings.maxRequestBytes)
        let timer = settings.timeoutMs.map { limit in
            Task {
                try await Task.sleep(for: .milliseconds(limit))
                change { $0.giveUp(id, .timedOut) }
            }
        }
        defer { timer?.cancel() }
        let outcome = await withTaskCancellationHandler {
            await submit(id: id, bytes)
        } onCancel: {
            change { $0.giveUp(id, .cancelled) }
        }
        return .success(try outcome.get() ?? .emptyObject)
    }

    func notify(_ request: RequestLine) async throws(ClientError) {
        _ = try await submit(id: nil, try request.bytes(id: nil, limit: settings.maxRequestBytes)).get()
    }

    private func submit(id: Int?, _ bytes: [UInt8]) async -> Result<JSONValue?, ClientError> {
        await withCheckedContinuation { waiter in
            change { state in
                // Looked at under the lock, so that a cancellation is seen either here or by `giveUp`.
                guard !Task.isCancelled else { return [State.Told(waiter: waiter, outcome: .failure(.cancelled))] }
                return state.submit(id: id, bytes: bytes, waiter: waiter) + flush(&state)
            }
        }
    }

    func close() {
        change { $0.finish(.connectionLost("this client closed it")) }
        socket.shutDown()
    }

    /// Changes the state, and then tells those who are to be told.
    func change(_ body: (inout State) -> [State.Told]) {
        let (told, wantsBell) = state.withLock { state in
            let hadOutgoing = state.hasOutgoing
            let told = body(&state)
            return (told, state.hasOutgoing && !hadOutgoing)
        }
        if wantsBell { _ = [1 as UInt8].withUnsafeBytes { bell.send($0) } }
        for one in told { one.waiter.resume(returning: one.outcome) }
    }

    func flush(_ state: inout State) -> [State.Told] {
        var told: [State.Told] = []
        var isBlocked = false
        while state.hasOutgoing, !isBlocked {
            told += state.flush { bytes in
                switch socket.send(bytes) {
                case .bytes(let count): return count
                // A socket that cannot be written may still hold answers: its end is found by reading.
                case .wouldBlock, .ended, .failed:
                    isBlocked = true
                    return 0
                }
            }
        }
        return told
    }
}
