import Glibc

/// A connected stream socket. It is closed with the end of the value.
struct Socket: ~Copyable, Sendable {
    enum Progress: Equatable {
        case bytes(Int)
        case wouldBlock
        /// The other side has closed.
        case ended
        case failed(errno: Int32)
    }

    enum Readiness: Equatable {
        case ready(readable: Bool, writable: Bool)
        case timedOut
    }

    let descriptor: Int32

    /// Takes the descriptor over.
    init(adopting descriptor: Int32) {
        self.descriptor = descriptor
    }

    deinit { close(descriptor) }

    /// Never blocks, and raises no SIGPIPE.
    borrowing func send(_ bytes: UnsafeRawBufferPointer) -> Progress {
        let flags = Int32(MSG_DONTWAIT) | Int32(MSG_NOSIGNAL)
        return retrying { Glibc.send(descriptor, bytes.baseAddress, bytes.count, flags) }
    }

    /// Never blocks.
    borrowing func receive(into buffer: UnsafeMutableRawBufferPointer) -> Progress {
        let flags = Int32(MSG_DONTWAIT)
        let progress = retrying { recv(descriptor, buffer.baseAddress, buffer.count, flags) }
        return progress == .bytes(0) ? .ended : progress
    }

    /// Waits until it can be read, or written where that is asked for. An end and an error count as readable.
    borrowing func wait(writable: Bool, until deadline: Deadline) -> Readiness {
        var entry = pollfd(fd: descriptor, events: Int16(POLLIN | (writable ? POLLOUT : 0)), revents: 0)
        while true {
            let count = poll(&entry, 1, deadline.pollTimeout)
            if count > 0 { break }
            if count == 0, deadline.hasPassed { return .timedOut }
        }
        let events = Int32(entry.revents)
        return .ready(readable: events & (POLLIN | POLLHUP | POLLERR) != 0, writable: events & POLLOUT != 0)
    }

    /// Wakes whoever waits for it; both sides see the end.
    borrowing func shutDown() {
        shutdown(descriptor, Int32(SHUT_RDWR))
    }

    private borrowing func retrying(_ call: () -> Int) -> Progress {
        while true {
            let count = call()
            if count >= 0 { return .bytes(count) }
            switch errno {
            case EINTR: continue
            case EAGAIN: return .wouldBlock
            case EPIPE: return .ended
            case let failure: return .failed(errno: failure)
            }
        }
    }
}

/// Until when something may take.
struct Deadline {
    /// By the monotonic clock; nil: for ever.
    private let endNs: Int64?

    init(afterMs: Int64?) {
        endNs = afterMs.map { Self.nowNs + min($0, Int64(Int32.max)) * 1_000_000 }
    }

    var hasPassed: Bool { endNs.map { Self.nowNs >= $0 } ?? false }

    /// What `poll(2)` takes: rounded up, so that it does not wake just before the end.
    var pollTimeout: Int32 {
        guard let endNs else { return -1 }
        return Int32(clamping: max(0, (endNs - Self.nowNs + 999_999) / 1_000_000))
    }

    private static var nowNs: Int64 {
        var now = timespec()
        clock_gettime(CLOCK_MONOTONIC, &now)
        return Int64(now.tv_sec) * 1_000_000_000 + Int64(now.tv_nsec)
    }
}

/// The system's words for an error number.
func systemMessage(_ number: Int32) -> String { String(cString: strerror(number)) }
