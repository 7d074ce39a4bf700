import Synchronization

/// Whether a worker is to stop, as its slots see it.
final class WorkStop: Sendable {
    private struct State {
        var signal: Int32?
        var isEnding = false
    }

    private let state = Mutex(State())
    /// One for each slot.
    let wakes: [Wake]

    init(slots: Int) throws { wakes = try (0..<slots).map { _ in try Wake() } }

    /// By which signal nothing new is to be begun.
    var signal: Int32? { state.withLock { $0.signal } }
    var isAsked: Bool { signal != nil }
    /// Whether what runs is to end now.
    var isEnding: Bool { state.withLock { $0.isEnding } }

    func ask(by signal: Int32) {
        state.withLock { $0.signal = signal }
        wakeAll()
    }

    func end() {
        state.withLock { $0.isEnding = true }
        wakeAll()
    }

    /// After the change: who is woken sees it.
    private func wakeAll() {
        for wake in wakes { wake.set() }
    }
}
