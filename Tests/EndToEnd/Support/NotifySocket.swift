import Glibc

/// The service manager's end of sd_notify(3).
final class NotifySocket {
    let path: String
    private let descriptor: Int32

    init(path: String) throws {
        self.path = path
        descriptor = try unixSocket(SOCK_DGRAM)
        unlink(path)
        guard withAddress(path, { bind(descriptor, $0, $1) }) == 0 else {
            close(descriptor)
            throw Failure.system("bind \(path)")
        }
    }

    deinit {
        close(descriptor)
        unlink(path)
    }

    /// The lines of the next message. Fails early where `sender` ends in place of saying something.
    func next() throws -> [String] {
        try Deadline().wait(for: descriptor, POLLIN, "a message of the daemon")
        return try receive()
    }

    /// Takes messages until one has that line, and gives this one.
    @discardableResult
    func wait(for line: String) throws -> [String] {
        while true {
            let message = try next()
            if message.contains(line) { return message }
        }
    }

    private func receive() throws -> [String] {
        var bytes = [UInt8](repeating: 0, count: 8192)
        let count = recv(descriptor, &bytes, bytes.count, 0)
        guard count >= 0 else { throw Failure.system("recv") }
        return String(decoding: bytes[..<count], as: UTF8.self).split(separator: "\n").map(String.init)
    }
}
