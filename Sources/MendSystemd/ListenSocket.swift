/// A listening socket that was open when this process started.
package struct ListenSocket: Sendable, Equatable {
    /// The file descriptor. It is close-on-exec, and whoever takes the value owns it.
    package let descriptor: Int32

    /// What the socket unit calls it (`FileDescriptorName=`); absent where the activator gives no names.
    package let name: String?

    package init(descriptor: Int32, name: String?) {
        self.descriptor = descriptor
        self.name = name
    }
}

/// Why the sockets handed over by the activator cannot be used.
package enum ListenSocketError: Error, Equatable {
    /// `LISTEN_FDS` is not a whole number between 1 and ``ListenSockets/maximumCount``.
    case invalidCount(String)
    /// `LISTEN_FDNAMES` names another number of sockets than `LISTEN_FDS` announces.
    case namesDoNotMatch(count: Int, names: Int)
    /// The descriptor is announced but cannot be used; `errno` says why, `EBADF` when it is not open.
    case unusable(descriptor: Int32, name: String?, errno: Int32)
    /// The descriptor is open, but is not a listening Unix stream socket.
    case notListeningUnixStream(descriptor: Int32, name: String?)
}
