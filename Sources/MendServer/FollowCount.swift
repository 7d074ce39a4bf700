import MendEngine
import MendProtocol
import Synchronization

/// How many subscriptions there are. The writer asks after each commit that grew the journal: with none, nothing more is
/// done about it.
final class FollowCount: Sendable {
    private let limit: Int
    private let count = Atomic<Int>(0)
    private let byUser = Mutex<[UInt32: Int]>([:])

    init(limit: Int) { self.limit = limit }

    // Sequentially consistent: either the writer sees a new subscription, or its first read sees the writer's commit.
    var isZero: Bool { count.load(ordering: .sequentiallyConsistent) == 0 }

    /// Counts one more, or says which limit is reached: a user that is no operator has at most a quarter.
    func add(_ caller: Caller) throws(CallError) {
        let problem: String? = byUser.withLock { byUser in
            let own = byUser[caller.uid, default: 0]
            if count.load(ordering: .sequentiallyConsistent) >= limit {
                return "there are \(limit) subscriptions to events, the most in all"
            }
            if caller.role != .operator, own >= max(1, limit / 4) {
                return "user \(caller.uid) has \(own) subscriptions to events, the most for one"
            }
            byUser[caller.uid] = own + 1
            count.add(1, ordering: .sequentiallyConsistent)
            return nil
        }
        guard let problem else { return }
        throw CallError(
            .unavailable, problem, hint: "read with events.list from time to time, or raise limits.follows",
            retryAfterMs: 10_000)
    }

    func remove(_ ended: Int, of uid: UInt32) {
        byUser.withLock { byUser in
            let left = byUser[uid, default: 0] - ended
            byUser[uid] = left == 0 ? nil : left
            count.subtract(ended, ordering: .sequentiallyConsistent)
        }
    }
}
