import GRDB
import MendProtocol
import Synchronization

/// All breakers of the host. Any thread asks it, and none waits for the disk.
///
/// What must survive is written behind: a transition makes its breaker dirty, and whoever `claimPersist()` answers true
/// to posts `WriterCall.persistBreakers(ticket:)`.
package final class BreakerTable: Sendable {
    /// Permits that are set aside durably at a time. An id is never used twice, whatever is lost in a crash.
    package static let permitBlock: Int64 = 1 << 32

    /// Whether the error of a failed call says something about the dependency's health.
    let counts: @Sendable (Errors.Report) -> Bool
    private let breakers: Mutex<Breakers>
    private let isPersistDue = Atomic<Bool>(false)

    /// `permitsFrom` is the first id of a block that is durably set aside for this table alone.
    package init(
        settings: EngineSettings, permitsFrom: Int64, permitBlock: Int64 = BreakerTable.permitBlock, seed: UInt64,
        counts: @escaping @Sendable (Errors.Report) -> Bool
    ) {
        self.counts = counts
        breakers = Mutex(
            Breakers(
                maxCount: settings.breakerMaxCount, maxPerUser: settings.breakerMaxPerUser, permitsFrom: permitsFrom,
                permitBlock: permitBlock, seed: seed))
    }

    /// The table as it was last written. All breakers come back, also where the limit is lower by now.
    package static func load(
        _ db: Database, settings: EngineSettings, permitsFrom: Int64, seed: UInt64,
        counts: @escaping @Sendable (Errors.Report) -> Bool
    ) throws -> BreakerTable {
        let table = BreakerTable(settings: settings, permitsFrom: permitsFrom, seed: seed, counts: counts)
        let patterns = try PatternRow.fetchAll(db)
        let snapshots = try BreakerSnapshot.fetchAll(db)
        table.withBreakers { breakers in
            for row in patterns { breakers.say(row.said, of: row.pattern, at: Moment(wallMs: 0, elapsedMs: 0)) }
            for snapshot in snapshots { breakers.insert(snapshot) }
        }
        return table
    }

    /// Does something with all breakers locked, and notes whether there is something to write afterwards.
    func withBreakers<Answer: Sendable, Failure: Error>(
        _ body: (inout Breakers) throws(Failure) -> Answer
    ) throws(Failure) -> Answer {
        try breakers.withLock { breakers throws(Failure) in
            defer { if breakers.takePersistWish() { isPersistDue.store(true, ordering: .releasing) } }
            return try body(&breakers)
        }
    }

    /// Whether something waits to be written that nobody has been asked to write yet. Who is told true posts the call
    /// that does. It is cheap enough to be asked after each breaker call, and must be asked after a failed commit.
    package func claimPersist() -> Bool {
        isPersistDue.load(ordering: .relaxed) && isPersistDue.exchange(false, ordering: .acquiring)
    }
}

// MARK: - Calls

extension BreakerTable {
    /// Asks whether a call may be made; the breaker is created by its first use.
    ///
    /// - Throws: `too_large` where there are too many breakers, `unavailable` with a time to wait where too many
    ///   permits are out.
    package func acquire(
        _ breaker: Name, uid: UInt32, owner: Owner? = nil, retry: Bool = false, fallback: Bool = false,
        isDryRun: Bool = false, now: Moment
    ) throws(CallError) -> Breaker.Acquire.Answer {
        let request = BreakerMachine.Request(uid: uid, isRetry: retry, hasFallback: fallback)
        return try withBreakers { breakers throws(CallError) in
            isDryRun
                ? try breakers.previewAcquire(breaker, request, now: now)
                : try breakers.acquire(breaker, request, owner: owner, now: now)
        }
    }

    /// Takes back at once what is held by an owner that has ended: its half-open slots are free, and a `record` for its
    /// permits is stale.
    package func end(_ owner: Owner) { withBreakers { $0.end(owner) } }

    /// Processes that permits are tied to, which the server has to watch.
    package var heldProcesses: [ProcessIdentity] { withBreakers { $0.heldProcesses } }

    /// Takes a permit back. An outcome that does not count is as good as `ignored`.
    ///
    /// - Throws: `not_found` for a permit that was never given, `permission_denied` for one of another user.
    package func record(
        permit: Int64, outcome: MendProtocol.Outcome, counts: Bool, durationMs: Int64? = nil, fallback: Bool = false,
        uid: UInt32, isOperator: Bool, isDryRun: Bool = false, now: Moment
    ) throws(CallError) -> Breaker.Record.Answer {
        let outcome = counts ? outcome : .ignored
        return try withBreakers { breakers throws(CallError) in
            isDryRun
                ? try breakers.previewRecord(
                    permit, outcome, durationMs: durationMs, uid: uid, isOperator: isOperator, now: now)
                : try breakers.record(
                    permit, outcome, durationMs: durationMs, usedFallback: fallback, uid: uid, isOperator: isOperator,
                    now: now)
        }
    }

    /// One breaker; nothing where it was never used. An open one stays open after its `retry_at` until it is asked.
    package func info(_ breaker: Name, now: Moment) -> BreakerInfo? {
        withBreakers { $0.info(breaker, now: now) }
    }

    /// Breakers in the order of their names, those after `after`.
    package func list(
        state: BreakerState? = nil, limit: Int, after: Name? = nil, now: Moment
    ) -> Breaker.List.Answer {
        withBreakers { $0.list(state: state, limit: limit, after: after, now: now) }
    }

    /// Breakers by the wire's names of their states; states without any are left out.
    package func countsByState() -> [String: Int] {
        withBreakers { $0.countsByState() }
    }
}

extension CallError {
    static func notFound(_ pattern: NamePattern) -> CallError {
        CallError(
            .notFound, "nothing is said of breakers by the pattern \(pattern)", field: "pattern",
            hint: "breaker.list answers the patterns")
    }

    static func notFound(_ breaker: Name) -> CallError {
        CallError(
            .notFound, "there is no breaker \(breaker)", field: "breaker",
            hint: "a breaker is created by its first breaker.acquire or breaker.configure")
    }
}
