import MendProtocol

/// What queues and operations have to do with breakers.
///
/// Shared memory of the writer's thread: what changes here is undone through `Engine.onRollback`.
final class Gates {
    /// The queues of each breaker that is tied to some.
    private(set) var tied: [Name: Set<Name>] = [:]
    /// Breakers of which it was last told that their queues are parked.
    private var shut: Set<Name> = []
    /// The permits of leased operations, by lease: of their queue's breaker and of their own.
    private var lent: [Int64: [LentPermit]] = [:]
    private var leased: [LentPermit.Period: Int64] = [:]
    /// How leases ended in this commit: breakers learn of it when it is on disk.
    private var ended: [(permits: [LentPermit], outcome: MendProtocol.Outcome)] = []
    /// When to look at breakers again: elapsed time.
    private var wakes: [Name: Int64] = [:]
    /// Queues on which a lease call has not seen all that may be there.
    var overlooked: Set<Name> = []
    /// Whether breakers may have something to write since the last commit.
    private var mustPersist = false
    /// Whether breakers were asked something, or are to be told something, in this commit.
    private(set) var isTouched = false

    // MARK: Queues

    func tie(_ queue: Name, to breaker: Name) { tied[breaker, default: []].insert(queue) }

    func untie(_ queue: Name, from breaker: Name) {
        tied[breaker]?.remove(queue)
        if tied[breaker]?.isEmpty == true {
            tied[breaker] = nil
            shut.remove(breaker)
        }
    }

    /// Tells whether that is news.
    func note(_ breaker: Name, isShut: Bool) -> Bool {
        isShut ? shut.insert(breaker).inserted : shut.remove(breaker) != nil
    }

    // MARK: Leases

    func leased(in period: LentPermit.Period) -> Int64 { leased[period] ?? 0 }

    func insert(_ permits: [LentPermit], lease: Int64) {
        lent[lease] = permits
        for permit in permits { leased[permit.period, default: 0] += 1 }
    }

    func remove(lease: Int64) -> [LentPermit]? {
        guard !lent.isEmpty, let permits = lent.removeValue(forKey: lease) else { return nil }
        for permit in permits {
            let count = leased(in: permit.period) - 1
            leased[permit.period] = count == 0 ? nil : count
        }
        return permits
    }

    /// A breaker is asked: it may have something to write afterwards.
    func touch() { isTouched = true }

    func noteEnd(_ permits: [LentPermit], _ outcome: MendProtocol.Outcome) {
        isTouched = true
        ended.append((permits, outcome))
    }

    func unnoteEnd() { ended.removeLast() }

    /// Tells breakers of leases that ended; answers whether they may have something to write now.
    func committed(_ breakers: BreakerTable, now: Moment) -> Bool {
        for end in ended {
            for permit in end.permits { breakers.settle(permit, end.outcome, now: now) }
        }
        ended.removeAll()
        isTouched = false
        mustPersist = breakers.claimPersist()
        return mustPersist
    }

    func notePersist() { mustPersist = true }

    func takeMustPersist() -> Bool {
        defer { mustPersist = false }
        return mustPersist
    }

    // MARK: Times

    func wake(_ breaker: Name, atMs dueMs: Int64) { wakes[breaker] = min(wakes[breaker] ?? .max, dueMs) }

    var nextWakeMs: Int64? { wakes.values.min() }

    func takeDue(at elapsedMs: Int64) -> [Name] {
        guard !wakes.isEmpty else { return [] }
        let due = wakes.filter { $0.value <= elapsedMs }.keys.sorted()
        for breaker in due { wakes[breaker] = nil }
        return due
    }
}
