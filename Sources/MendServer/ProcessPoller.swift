import CLinux
import Dispatch
import Glibc
import Synchronization

/// Tells of pidfds when their processes end: one thread, begun with the first of them, waits for all.
final class ProcessPoller: Sendable {
    private struct State {
        var epoll: Int32 = -1
        /// Written to when the thread is to end.
        var bell: Int32 = -1
        var isStopped = false
        var ended: (@Sendable (UInt64) -> Void)?
    }

    private let state = Mutex(State())
    /// The token of the bell; those of pidfds are above it.
    private static let bellToken: UInt64 = 0

    deinit { stop() }

    func start(_ ended: @escaping @Sendable (UInt64) -> Void) {
        state.withLock { $0.ended = ended }
    }

    /// Has `token` told, once, when the process of the descriptor ends. Closing the descriptor takes it back.
    ///
    /// - Returns: the error number where that is not possible.
    func add(_ descriptor: Int32, token: UInt64) -> Int32? {
        state.withLock { state in
            if state.isStopped { return nil }
            if state.epoll < 0, let error = begin(&state) { return error }
            return Self.add(descriptor, token, to: state.epoll)
        }
    }

    private static func add(_ descriptor: Int32, _ token: UInt64, to epoll: Int32) -> Int32? {
        var event = epoll_event()
        event.events = EPOLLIN.rawValue | EPOLLONESHOT.rawValue
        event.data.u64 = token
        return epoll_ctl(epoll, EPOLL_CTL_ADD, descriptor, &event) == 0 ? nil : errno
    }

    private func begin(_ state: inout State) -> Int32? {
        let epoll = epoll_create1(Int32(EPOLL_CLOEXEC))
        guard epoll >= 0 else { return errno }
        let bell = eventfd(0, Int32(EFD_CLOEXEC))
        guard bell >= 0 else {
            defer { close(epoll) }
            return errno
        }
        guard let ended = state.ended, Self.add(bell, Self.bellToken, to: epoll) == nil else {
            close(epoll)
            close(bell)
            return EINVAL
        }
        (state.epoll, state.bell) = (epoll, bell)
        DispatchQueue(label: "mend.processes").async { Self.run(epoll: epoll, bell: bell, ended) }
        return nil
    }

    private static func run(epoll: Int32, bell: Int32, _ ended: @Sendable (UInt64) -> Void) {
        var events = [epoll_event](repeating: epoll_event(), count: 64)
        while true {
            let count = epoll_wait(epoll, &events, Int32(events.count), -1)
            for event in events.prefix(Int(max(0, count))) {
                guard event.data.u64 != bellToken else {
                    close(epoll)
                    close(bell)
                    return
                }
                ended(event.data.u64)
            }
        }
    }

    func stop() {
        state.withLock { state in
            guard !state.isStopped else { return }
            state.isStopped = true
            if state.bell >= 0 { eventfd_write(state.bell, 1) }
        }
    }
}
