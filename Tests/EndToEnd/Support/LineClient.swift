import Glibc

/// One connection, with nothing between the test and the bytes.
final class LineClient {
    private var descriptor: Int32
    private var received: [UInt8] = []
    /// What of it was handed out, and in what of it there is no further LF.
    private var taken = 0
    private var searched = 0
    private var nextID = 1
    /// Lives as long as the connection.
    private let daemon: Daemon?
    /// What stands between, where something does.
    let relay: Child?

    init(path: String, of daemon: Daemon? = nil, relay: Child? = nil) throws {
        self.daemon = daemon
        self.relay = relay
        descriptor = try unixSocket(SOCK_STREAM)
        guard withAddress(path, { connect(descriptor, $0, $1) }) == 0 else {
            let failure = Failure.system("connect to \(path)")
            Glibc.close(descriptor)
            throw failure
        }
    }

    deinit { close() }

    // MARK: Out

    /// Sends lines, each ended by LF.
    func send(_ lines: String...) throws { try send(lines) }

    func send(_ lines: [String]) throws {
        try write(Array((lines.joined(separator: "\n") + "\n").utf8))
    }

    func write(_ bytes: [UInt8]) throws {
        var sent = 0
        let deadline = Deadline()
        while sent < bytes.count {
            let count = try writeSome(bytes[sent...])
            if count == 0 { try deadline.wait(for: descriptor, POLLOUT, "room to write") }
            sent += count
        }
    }

    /// Writes what the kernel takes at once: 0 where it takes nothing.
    func writeSome(_ bytes: ArraySlice<UInt8>) throws -> Int {
        let flags = Int32(MSG_NOSIGNAL) | Int32(MSG_DONTWAIT)
        let count = bytes.withUnsafeBytes { Glibc.send(descriptor, $0.baseAddress, $0.count, flags) }
        if count >= 0 { return count }
        guard errno == EAGAIN || errno == EINTR else { throw Failure.system("send") }
        return 0
    }

    /// Says that nothing more will be sent; answers can still come.
    func finishSending() { shutdown(descriptor, Int32(SHUT_WR)) }

    func close() {
        guard descriptor >= 0 else { return }
        Glibc.close(descriptor)
        descriptor = -1
    }

    // MARK: In

    /// The next line, without its LF.
    func line() throws -> String {
        guard let line = try lineOrEnd() else { throw Failure("the daemon closed the connection") }
        return line
    }

    /// The next line; nothing where the daemon has closed the connection after the last one.
    func lineOrEnd() throws -> String? {
        let deadline = Deadline()
        while true {
            if let line = takeLine() { return line }
            try deadline.wait(for: descriptor, POLLIN, "an answer, after \(received.count - taken) bytes of one")
            var chunk = [UInt8](repeating: 0, count: 262_144)
            let count = recv(descriptor, &chunk, chunk.count, 0)
            if count > 0 {
                received.removeSubrange(..<taken)
                searched -= taken
                taken = 0
                received += chunk[..<count]
            } else if count == 0 || errno == ECONNRESET {
                guard received.count == taken else {
                    let rest = String(decoding: received[taken...].prefix(500), as: UTF8.self)
                    throw Failure("a line without an end: \(rest)")
                }
                return nil
            } else if errno != EINTR {
                throw Failure.system("recv")
            }
        }
    }

    private func takeLine() -> String? {
        guard let end = lineFeed() else {
            searched = received.count
            return nil
        }
        defer {
            taken = end + 1
            searched = taken
        }
        return String(decoding: received[taken..<end], as: UTF8.self)
    }

    private func lineFeed() -> Int? {
        received.withUnsafeBytes { bytes in
            guard searched < bytes.count, let base = bytes.baseAddress,
                let found = memchr(base + searched, 0x0A, bytes.count - searched)
            else { return nil }
            return UnsafeRawPointer(found) - base
        }
    }

    /// Everything until the daemon closes the connection.
    func linesToEnd() throws -> [String] {
        var lines: [String] = []
        while let line = try lineOrEnd() { lines.append(line) }
        return lines
    }

    func answer() throws -> JSON { try JSON(line()) }

    func answers(_ count: Int) throws -> [JSON] { try (0..<count).map { _ in try answer() } }

    // MARK: Calls

    /// Does one call and gives its whole answer.
    func call(_ method: String, _ params: String = "{}") throws -> JSON {
        let id = nextID
        nextID += 1
        try send(request(method, params, id: "\(id)"))
        let answer = try answer()
        guard answer["id"] == .integer(Int64(id)) else { throw Failure("not the answer to \(method): \(answer)") }
        return answer
    }

    /// Does one call that must succeed, and gives its result.
    func result(_ method: String, _ params: String = "{}") throws -> JSON {
        let answer = try call(method, params)
        guard answer["error"] == .null else { throw Failure("\(method) failed: \(answer["error"])") }
        return answer["result"]
    }
}

/// A request as one line. `id` is written as it is.
func request(_ method: String, _ params: String = "{}", id: String) -> String {
    #"{"jsonrpc":"2.0","id":\#(id),"method":"\#(method)","params":\#(params)}"#
}

/// A request that is not answered.
func notification(_ method: String, _ params: String = "{}") -> String {
    #"{"jsonrpc":"2.0","method":"\#(method)","params":\#(params)}"#
}
