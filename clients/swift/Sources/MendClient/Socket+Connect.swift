import Glibc

extension Socket {
    /// How long to wait where more clients are connecting than the daemon takes.
    enum Patience {
        case milliseconds(Int64?)
        /// Not at all: the thread must not be held up.
        case none
    }

    /// Connects to the daemon at `path`.
    static func connect(to path: String, patience: Patience) throws(ClientError) -> Socket {
        guard var address = address(of: path) else {
            throw .unreachable(
                Unreachable(
                    socket: path, errno: 0, message: "a socket's path has 1 to 107 bytes, not \(path.utf8.count)",
                    hint: "give a shorter one with --socket or \(SocketPath.variable)"))
        }
        let nonBlocking = if case .none = patience { Int32(SOCK_NONBLOCK.rawValue) } else { Int32(0) }
        let descriptor = Glibc.socket(
            AF_UNIX, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue) | nonBlocking, 0)
        guard descriptor >= 0 else { throw failure(path, errno) }
        let socket = Socket(adopting: descriptor)
        if case .milliseconds(let limit?) = patience { socket.limitSending(toMs: limit) }
        while true {
            let status = withUnsafePointer(to: &address) {
                $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                    Glibc.connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
                }
            }
            if status == 0 { return socket }
            guard errno == EINTR else { throw failure(path, errno) }
        }
    }

    private static func address(of path: String) -> sockaddr_un? {
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        let bytes = Array(path.utf8)
        let isStored = withUnsafeMutableBytes(of: &address.sun_path) { room in
            // One byte is for the NUL at the end.
            guard !bytes.isEmpty, bytes.count < room.count, !bytes.contains(0) else { return false }
            room.copyBytes(from: bytes)
            return true
        }
        return isStored ? address : nil
    }

    /// `connect(2)` on a Unix socket takes the time limit for sending.
    private borrowing func limitSending(toMs limit: Int64) {
        var time = timeval(tv_sec: Int(limit / 1000), tv_usec: Int(limit % 1000) * 1000)
        setsockopt(descriptor, SOL_SOCKET, SO_SNDTIMEO, &time, socklen_t(MemoryLayout<timeval>.size))
    }

    private static func failure(_ path: String, _ number: Int32) -> ClientError {
        let start =
            "`mend doctor` says why; `systemctl restart mend.socket` makes the host's anew; a daemon elsewhere is named "
            + "by \(SocketPath.variable)"
        let (message, hint): (String, String?) =
            switch number {
            case ENOENT, ENOTDIR: ("no daemon at \(path)", start)
            case ECONNREFUSED: ("nobody listens at \(path)", start)
            case EACCES, EPERM:
                ("not allowed to connect to \(path)", "only members of the socket's group may: see `ls -l \(path)`")
            case EAGAIN: ("the daemon at \(path) is busy: too many clients are connecting", "try again")
            default: ("cannot connect to \(path): \(systemMessage(number))", nil)
            }
        return .unreachable(Unreachable(socket: path, errno: number, message: message, hint: hint))
    }
}
