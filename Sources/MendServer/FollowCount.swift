import MendProtocol
import Synchronization

/// How many subscriptions there are. The writer asks after each commit that grew the journal: with none, nothing more is
/// done about it.
final class FollowCount: Sendable {
    private let limit: Int
    private let count = Atomic<Int>(0)

    init(limit: Int) { self.limit = limit }

    // Sequentially consistent: either the writer sees a new subscription, or its first read sees the writer's commit.
    var isZero: Bool { count.load(ordering: .sequentiallyConsistent) == 0 }

    func add() throws(CallError) {
        let (_, new) = count.add(1, ordering: .sequentiallyConsistent)
        guard new > limit else { return }
        remove(1)
        throw CallError(
            .unavailable, "there are \(limit) subscriptions to events, the most in all",
            hint: "read with events.list from time to time, or raise limits.follows", retryAfterMs: 10_000)
    }

    func remove(_ ended: Int) { count.subtract(ended, ordering: .sequentiallyConsistent) }
}
