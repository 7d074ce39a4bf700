import CProcess
import Glibc

/// A pipe to or from a command. Our end never blocks.
final class Pipe {
    private(set) var reading: Int32
    private(set) var writing: Int32

    init() throws {
        var ends: [Int32] = [-1, -1]
        guard pipe2(&ends, O_CLOEXEC) == 0 else { throw SystemFailure("no pipe can be made", errno) }
        (reading, writing) = (ends[0], ends[1])
    }

    deinit {
        closeReading()
        closeWriting()
    }

    /// Whether there is something to read at once.
    var isReadable: Bool {
        var ready = pollfd(fd: reading, events: Int16(POLLIN), revents: 0)
        return poll(&ready, 1, 0) > 0 && ready.revents & Int16(POLLIN) != 0
    }

    /// Once the command has this end: what we write is not to wait for it.
    func closeReading() {
        Self.close(&reading)
        if writing >= 0 { _ = fcntl(writing, F_SETFL, O_NONBLOCK) }
    }

    func closeWriting() {
        Self.close(&writing)
        if reading >= 0 { _ = fcntl(reading, F_SETFL, O_NONBLOCK) }
    }

    private static func close(_ descriptor: inout Int32) {
        if descriptor >= 0 { Glibc.close(descriptor) }
        descriptor = -1
    }
}
