import CProcess
import Glibc

/// Wakes a thread that waits in poll(2).
final class Wake: Sendable {
    /// Readable from ``set()`` to ``clear()``.
    let descriptor: Int32

    init() throws {
        // EFD_CLOEXEC and EFD_NONBLOCK are these (eventfd(2)).
        descriptor = eventfd(0, O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else { throw SystemFailure("no event can be made", errno) }
    }

    deinit { close(descriptor) }

    func set() {
        var one: UInt64 = 1
        write(descriptor, &one, 8)
    }

    func clear() {
        var count: UInt64 = 0
        read(descriptor, &count, 8)
    }

    /// Waits so long, or until it is set or the other descriptor is readable.
    func wait(ms: Int64, or other: Int32 = -1) {
        var waits = [
            pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0),
            pollfd(fd: other, events: Int16(POLLIN), revents: 0),
        ]
        poll(&waits, 2, Int32(clamping: ms))
    }
}
