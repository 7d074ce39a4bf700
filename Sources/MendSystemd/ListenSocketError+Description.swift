import Glibc

extension ListenSocketError: CustomStringConvertible {
    /// One line for the person who starts the daemon.
    package var description: String {
        switch self {
        case .invalidCount(let text):
            "LISTEN_FDS must be a number from 1 to \(ListenSockets.maximumCount), not \(text.debugDescription)"
        case .namesDoNotMatch(let count, let names):
            "LISTEN_FDS announces \(count) sockets, but LISTEN_FDNAMES has \(names) names"
        case .unusable(let descriptor, let name, let errno):
            "inherited \(Self.label(descriptor, name)) cannot be used: \(String(cString: strerror(errno)))"
        case .notListeningUnixStream(let descriptor, let name):
            "inherited \(Self.label(descriptor, name)) is not a listening Unix stream socket "
                + "(ListenStream= with a path, Accept=no)"
        }
    }

    private static func label(_ descriptor: Int32, _ name: String?) -> String {
        "file descriptor \(descriptor)" + (name.map { " (\($0.debugDescription))" } ?? "")
    }
}
