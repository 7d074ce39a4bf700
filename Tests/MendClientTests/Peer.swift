import Foundation
import Glibc
import MendWire

@testable import MendClient

/// The daemon's end of a connection, played by a script.
final class Peer: Sendable {
    struct Ended: Error {}

    let descriptor: Int32

    private init(descriptor: Int32) {
        self.descriptor = descriptor
    }

    deinit { Glibc.close(descriptor) }

    /// A peer, and the descriptor for the client, who closes it.
    static func pair(bufferBytes: Int32? = nil) -> (peer: Peer, client: Int32) {
        var ends: [Int32] = [-1, -1]
        precondition(socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0, &ends) == 0)
        if var bufferBytes {
            for end in ends {
                setsockopt(end, SOL_SOCKET, SO_SNDBUF, &bufferBytes, socklen_t(MemoryLayout<Int32>.size))
            }
        }
        return (Peer(descriptor: ends[0]), ends[1])
    }

    /// A script that runs on a thread of its own.
    struct Script<T: Sendable> {
        fileprivate let results: AsyncThrowingStream<T, any Error>

        /// What the script returned, once it has.
        func end() async throws -> T {
            for try await result in results { return result }
            throw Ended()
        }
    }

    /// Starts a script at once: a client may block the thread that it is called from until the script has answered.
    func start<T: Sendable>(_ script: @escaping @Sendable (Peer) throws -> T) -> Script<T> {
        let (results, continuation) = AsyncThrowingStream<T, any Error>.makeStream()
        Thread.detachNewThread {
            do {
                continuation.yield(try script(self))
                continuation.finish()
            } catch {
                continuation.finish(throwing: error)
            }
        }
        return Script(results: results)
    }

    func play<T: Sendable>(_ script: @escaping @Sendable (Peer) throws -> T) async throws -> T {
        try await start(script).end()
    }

    func send(_ text: String) {
        let bytes = Array(text.utf8)
        var at = 0
        while at < bytes.count {
            let count = bytes.withUnsafeBytes {
                Glibc.send(descriptor, $0.baseAddress! + at, bytes.count - at, Int32(MSG_NOSIGNAL))
            }
            guard count > 0 else { return }
            at += count
        }
    }

    func answer(_ id: RequestID, _ result: String) { send("{\"jsonrpc\":\"2.0\",\"id\":\(id),\"result\":\(result)}\n") }

    func answer(_ id: Int, _ result: String) { answer(RequestID(id), result) }

    func answer(_ id: String, error: String) { send("{\"jsonrpc\":\"2.0\",\"id\":\(id),\"error\":\(error)}\n") }

    /// The next line without its end; byte by byte, so that nothing after it is taken.
    func line() throws -> String {
        var bytes: [UInt8] = []
        var byte: UInt8 = 0
        while recv(descriptor, &byte, 1, 0) == 1 {
            if byte == 0x0A { return String(decoding: bytes, as: UTF8.self) }
            bytes.append(byte)
        }
        throw Ended()
    }

    func request() throws -> RPCRequest {
        let document = try JSONDocument(parsing: try line())
        guard case .single(.success(let request)) = RPCMessage.parse(document) else { throw Ended() }
        return request
    }

    func hangUp() { shutdown(descriptor, Int32(SHUT_RDWR)) }
}
