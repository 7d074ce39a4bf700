/// Keeps retries to a share of the last minute's calls, so that a dependency that is in trouble does not get more work
/// because it is.
struct RetryBudget: Sendable {
    private static let windowMs: Int64 = 60_000
    /// Retries of a minute that are let through whatever the share: a host with few calls could never retry.
    static let free: Int64 = 10

    private let share: Double
    /// Retries are what `failures` counts here.
    private var recent = RecentCalls(windowMs: Self.windowMs)

    init(_ share: Double) { self.share = share }

    func changed(to share: Double) -> RetryBudget {
        var changed = RetryBudget(share)
        changed.recent = recent
        return changed
    }

    mutating func add(isRetry: Bool, at now: Int64) {
        recent.add(CallCounts(calls: 1, failures: isRetry ? 1 : 0), at: now)
    }

    /// Why one more retry may not be made, and when the oldest calls will be forgotten.
    mutating func refusal(at now: Int64) -> (why: String, retryAfterMs: Int64?)? {
        recent.advance(to: now)
        let counts = recent.counts
        guard counts.failures >= Self.free, Double(counts.failures + 1) > share * Double(counts.calls + 1) else {
            return nil
        }
        return (
            "\(counts.failures) of the last minute's \(counts.calls) calls were retries, and retry_budget is \(share)",
            recent.slotMs - now % recent.slotMs
        )
    }
}
