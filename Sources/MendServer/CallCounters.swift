import MendProtocol
import Synchronization

/// What came in since the start.
final class CallCounters: Sendable {
    let answered = Atomic<Int64>(0)
    let failed = Atomic<Int64>(0)
    let notificationsFailed = Atomic<Int64>(0)
    let commits = Atomic<Int64>(0)

    var totals: System.Status.Calls {
        System.Status.Calls(
            answered: answered.load(ordering: .relaxed), failed: failed.load(ordering: .relaxed),
            notificationsFailed: notificationsFailed.load(ordering: .relaxed),
            commits: commits.load(ordering: .relaxed))
    }
}
