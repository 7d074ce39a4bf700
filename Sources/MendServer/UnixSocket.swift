import Glibc

/// A socket that cannot be listened on.
package struct SocketError: Error, CustomStringConvertible {
    package let description: String
}

/// Where the daemon listens.
package struct Listener: Sendable {
    package let descriptor: Int32
    /// What systemd calls it, where it does.
    let name: String?
    /// Removed at the end; nothing where the socket is somebody else's, such as systemd's.
    let path: String?

    /// A socket that was handed in, already bound.
    package init(inherited descriptor: Int32, name: String?) {
        self.descriptor = descriptor
        self.name = name
        path = nil
    }

    /// A socket of our own, for the daemon's user alone. One that a dead daemon left is replaced.
    package init(path: String) throws(SocketError) {
        func problem(_ what: String) -> SocketError {
            SocketError(description: "\(path): \(what): \(String(cString: strerror(errno)))")
        }
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        let room = MemoryLayout.size(ofValue: address.sun_path)
        guard path.utf8.count < room else {
            throw SocketError(description: "\(path): a socket's path has at most \(room - 1) bytes")
        }
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
        descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { throw problem("no socket") }
        self.path = path
        name = nil
        func with<R>(_ call: (UnsafePointer<sockaddr>, socklen_t) -> R) -> R {
            withUnsafePointer(to: &address) { pointer in
                pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                    call($0, socklen_t(MemoryLayout<sockaddr_un>.size))
                }
            }
        }
        if with({ connect(descriptor, $0, $1) }) == 0 {
            close(descriptor)
            throw SocketError(description: "\(path): another daemon answers there")
        }
        if errno == ECONNREFUSED { unlink(path) }
        let mask = umask(0o177)
        defer { umask(mask) }
        guard with({ bind(descriptor, $0, $1) }) == 0, listen(descriptor, Self.backlog) == 0 else {
            let error = problem("cannot listen")
            close(descriptor)
            throw error
        }
    }

    /// Connections that wait to be accepted: what a burst may bring.
    static let backlog: Int32 = 4096

    func remove() {
        if let path { unlink(path) }
    }
}
