import Glibc
import LoadKit
import MendWire

/// A client's connection with calls on their way.
final class Link {
    let role: Role
    private(set) var socket: Int32 = -1
    /// Calls without an answer, by their ids.
    private(set) var pending: [Int: Asked] = [:]
    /// What a worker or a saga does next.
    var todo: [Asked] = []
    /// What was leased on this connection.
    var leased: [Asked.Token] = []
    /// The saga under way.
    var saga: Int?
    private(set) var isBlocked = false

    private var nextID = 1
    private var input: [UInt8] = []
    private var output: [UInt8] = []
    private var buffer = [UInt8](repeating: 0, count: 65_536)

    init(_ role: Role) { self.role = role }

    var isOpen: Bool { socket >= 0 }

    func open(_ path: String) throws {
        precondition(!isOpen)
        socket = try UnixSocket.connect(to: path)
        pending = [:]
        leased = []
        input = []
        output = []
        isBlocked = false
    }

    /// Closes it, and answers what stays without an answer.
    @discardableResult
    func close() -> [Asked] {
        guard isOpen else { return [] }
        Glibc.close(socket)
        socket = -1
        defer { pending = [:] }
        return Array(pending.values)
    }

    func ask(_ asked: Asked, line: (Int) -> String) {
        let id = nextID
        nextID += 1
        pending[id] = asked
        output += line(id).utf8
    }

    /// Sends what the kernel takes; tells whether that it was blocked or free has changed.
    func flush() throws -> Bool {
        guard isOpen, !output.isEmpty else { return false }
        let count = send(socket, output, output.count, Int32(MSG_NOSIGNAL | MSG_DONTWAIT))
        if count > 0 { output.removeFirst(count) }
        // Where the other end is gone, reading tells it.
        if count < 0, errno == EPIPE || errno == ECONNRESET { output = [] }
        defer { isBlocked = !output.isEmpty }
        return isBlocked != !output.isEmpty
    }

    /// Hands out each answer that has come, with its call; false at the connection's end.
    func receive(_ hear: (Asked, JSONValue) throws -> Void) throws -> Bool {
        let count = recv(socket, &buffer, buffer.count, Int32(MSG_DONTWAIT))
        if count < 0, errno == EAGAIN || errno == EINTR { return true }
        guard count > 0 else { return false }
        input += buffer[..<count]
        var start = 0
        while let end = input[start...].firstIndex(of: UInt8(ascii: "\n")) {
            let answer = try Self.parse(input[start..<end])
            start = end + 1
            guard let id = answer["id"]?.integerValue, let asked = pending.removeValue(forKey: id) else {
                throw LoadFailure("an answer to nothing: \(answer.rawText)")
            }
            try hear(asked, answer)
        }
        input.removeFirst(start)
        return true
    }

    static func parse(_ bytes: ArraySlice<UInt8>) throws -> JSONValue {
        do {
            return try bytes.withUnsafeBytes { try JSONDocument(parsing: $0) }.root
        } catch {
            throw LoadFailure("not JSON (\(error)): \(String(decoding: bytes.prefix(500), as: UTF8.self))")
        }
    }
}

/// What a connection is used for.
enum Role {
    case producer
    /// A worker whose leases last for a time, or as long as its connection.
    case worker(holds: Bool)
    case undoer
    case saga
    case reporter
    case breakerUser(breaker: Int)

    /// How many calls it keeps on their way.
    var inFlight: Int {
        switch self {
        case .producer: 16
        case .worker: 32
        case .undoer, .saga: 4
        case .reporter, .breakerUser: 8
        }
    }
}
