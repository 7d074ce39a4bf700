import Glibc
import MendWire
import Synchronization

extension Link {
    /// What the link's thread does: it sends what callers could not, and takes in what comes, until the end.
    func run() {
        var signals = sigset_t()
        sigfillset(&signals)
        // A program's signals are for threads of its own.
        pthread_sigmask(SIG_SETMASK, &signals, nil)
        var framer = LineFramer(maxLineBytes: settings.maxAnswerBytes)
        while let wantsToSend {
            var entries = [
                pollfd(fd: socket.descriptor, events: Int16(POLLIN | (wantsToSend ? POLLOUT : 0)), revents: 0),
                pollfd(fd: bellEar.descriptor, events: Int16(POLLIN), revents: 0),
            ]
            guard poll(&entries, nfds_t(entries.count), -1) > 0 else { continue }
            if entries[1].revents != 0 { silenceBell() }
            if Int32(entries[0].revents) & POLLOUT != 0 { change(flush) }
            if Int32(entries[0].revents) & ~POLLOUT != 0 { read(into: &framer) }
        }
    }

    /// Nil once the connection has ended.
    private var wantsToSend: Bool? {
        state.withLock { $0.end == nil ? $0.hasOutgoing : nil }
    }

    private func silenceBell() {
        withUnsafeTemporaryAllocation(byteCount: 64, alignment: 1) { _ = bellEar.receive(into: $0) }
    }

    private func read(into framer: inout LineFramer) {
        withUnsafeTemporaryAllocation(byteCount: 64 << 10, alignment: 1) { buffer in
            switch socket.receive(into: buffer) {
            case .wouldBlock: break
            case .ended: change { $0.finish(.connectionLost("the daemon closed it")) }
            case .failed(let number): change { $0.finish(.connectionLost(systemMessage(number))) }
            case .bytes(let count):
                framer.append(UnsafeRawBufferPointer(rebasing: buffer[..<count]))
                do throws(ClientError) {
                    while let incoming = try framer.next(Incoming.parse) {
                        change { $0.takeIn(incoming) + flush(&$0) }
                    }
                } catch {
                    change { $0.finish(error) }
                }
            }
        }
    }
}
