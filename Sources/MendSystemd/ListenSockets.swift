import CSystemd
import Glibc

/// Socket activation, as sd_listen_fds(3) describes it: the activator leaves listening sockets open from descriptor 3
/// on, and tells their number in `LISTEN_FDS`, for whom they are in `LISTEN_PID`, their names in `LISTEN_FDNAMES`.
///
/// `sd_listen_fds_with_names` itself answers no more than `EINVAL`, and reads an environment that a test cannot hand
/// in, so the three variables are read here.
package enum ListenSockets {
    /// More sockets than this are taken for a mistake.
    package static let maximumCount = 64

    /// The sockets that this process was activated with; none when it was started in another way.
    ///
    /// The variables are removed from the environment in any case, so that a child cannot take them for its own. Call
    /// it once, before there are other threads: the environment is not safe to change beside them.
    package static func inherited() throws(ListenSocketError) -> [ListenSocket] {
        var environment: [String: String] = [:]
        for name in [Variable.count, Variable.processID, Variable.names] {
            environment[name] = getenv(name).map { String(cString: $0) }
            unsetenv(name)
        }
        return try inherited(environment: environment, processID: getpid())
    }

    /// The sockets that `environment` announces to the process `processID`, validated and made close-on-exec.
    ///
    /// - Parameters:
    ///   - environment: where to look for `LISTEN_FDS`, `LISTEN_PID` and `LISTEN_FDNAMES`.
    ///   - processID: who asks. What is announced to another process (a parent that exec'ed a helper) is not ours.
    ///   - firstDescriptor: where the sockets begin; the protocol says 3.
    package static func inherited(
        environment: [String: String], processID: Int32, firstDescriptor: Int32 = SD_LISTEN_FDS_START
    ) throws(ListenSocketError) -> [ListenSocket] {
        guard let announced = environment[Variable.count],
            let addressee = environment[Variable.processID], Int32(addressee) == processID
        else { return [] }
        guard let count = Int(announced), (1...maximumCount).contains(count) else {
            throw .invalidCount(announced)
        }
        let names = try names(in: environment, count: count)
        var sockets: [ListenSocket] = []
        for (offset, name) in names.enumerated() {
            let socket = ListenSocket(descriptor: firstDescriptor + Int32(offset), name: name)
            try socket.prepare()
            sockets.append(socket)
        }
        return sockets
    }

    private enum Variable {
        static let count = "LISTEN_FDS"
        static let processID = "LISTEN_PID"
        static let names = "LISTEN_FDNAMES"
    }

    private static func names(
        in environment: [String: String], count: Int
    ) throws(ListenSocketError) -> [String?] {
        guard let text = environment[Variable.names] else { return Array(repeating: nil, count: count) }
        let names = text.split(separator: ":", omittingEmptySubsequences: false)
        guard names.count == count else { throw .namesDoNotMatch(count: count, names: names.count) }
        return names.map { $0.isEmpty ? nil : String($0) }
    }
}

extension ListenSocket {
    /// Checks that the descriptor is what the server expects before anything is accepted on it, and keeps it from
    /// children.
    fileprivate func prepare() throws(ListenSocketError) {
        let flags = fcntl(descriptor, F_GETFD)
        guard flags >= 0, fcntl(descriptor, F_SETFD, flags | FD_CLOEXEC) == 0 else {
            throw .unusable(descriptor: descriptor, name: name, errno: errno)
        }
        let answer = sd_is_socket_unix(descriptor, Int32(SOCK_STREAM.rawValue), 1, nil, 0)
        guard answer >= 0 else { throw .unusable(descriptor: descriptor, name: name, errno: -answer) }
        guard answer > 0 else { throw .notListeningUnixStream(descriptor: descriptor, name: name) }
    }
}
