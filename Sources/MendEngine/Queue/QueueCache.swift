import GRDB
import MendProtocol

/// The queues whose rows are to be written with the batch.
final class ChangedQueues {
    fileprivate(set) var records: [QueueRecord] = []
}

/// A queue's row, in memory while the daemon runs.
final class QueueRecord {
    let id: Int64
    let name: Name
    /// What was set of it.
    private(set) var settings: StoredQueueSettings
    /// The policy of operations without their own.
    private(set) var policy: ResolvedPolicy
    private var bucket: TokenBucket?
    /// When the bucket is full again: microseconds of elapsed time.
    private var bucketFullAtUs: Int64 { didSet { noteChange() } }
    var isPaused: Bool { didSet { noteChange() } }
    private(set) var counts: OperationCounts
    /// The elapsed time at which somebody last asked for its operations, within ten seconds; nothing where nobody ever has.
    private(set) var consumerSeenMs: Int64?
    private var isChanged = false
    private unowned let changed: ChangedQueues

    fileprivate init(_ row: Row, changed: ChangedQueues) throws {
        self.changed = changed
        id = row["id"]
        name = Name(unchecked: row["name"])
        settings = try StoredQueueSettings(stored: row["settings"])
        // A policy whose name is gone with an older version must not keep the queue from being read.
        policy = (try? ResolvedPolicy(settings.policy)) ?? .standard
        bucket = settings.bucket
        bucketFullAtUs = row["bucket_full_at"]
        isPaused = row["paused"]
        consumerSeenMs = row["consumer_at"]
        var counts = OperationCounts()
        for state in OperationState.allCases { counts[state] = row[state.rawValue] }
        self.counts = counts
    }

    /// Counts an operation that goes from one state to another, or appears, or disappears.
    func move(from old: OperationState?, to new: OperationState?) {
        if let old { counts[old] -= 1 }
        if let new { counts[new] += 1 }
        noteChange()
    }

    func noteConsumer(now: Moment) {
        guard consumerSeenMs.map({ now.elapsedMs - $0 >= 10_000 }) ?? true else { return }
        consumerSeenMs = now.elapsedMs
        noteChange()
    }

    // MARK: Limits

    /// Whether the end of a lease may let another operation be leased.
    var isConcurrencyLimited: Bool { settings.maxConcurrent != nil }

    /// Whether operations are handed out to a caller at all.
    func serves(_ caller: Caller) -> Bool {
        guard !isPaused else { return false }
        return settings.consumers?.admit(caller) ?? true
    }

    /// Whether one more operation may be leased at this time.
    func mayLease(now: Moment) -> Bool {
        if let most = settings.maxConcurrent, counts.leased >= most { return false }
        guard let bucket else { return true }
        return bucket.nextTokenMs(fullAtUs: bucketFullAtUs) <= now.elapsedMs
    }

    /// The elapsed time at which something that is ready gets its token; nothing where no token is missing.
    func nextTokenMs(now: Moment) -> Int64? {
        guard let bucket, counts.ready > 0, !isPaused else { return nil }
        let nextMs = bucket.nextTokenMs(fullAtUs: bucketFullAtUs)
        return nextMs > now.elapsedMs ? nextMs : nil
    }

    /// Counts a lease that is taken.
    func takeToken(now: Moment) {
        guard let bucket else { return }
        bucketFullAtUs = bucket.taking(fullAtUs: bucketFullAtUs, nowMs: now.elapsedMs)
    }

    func configure(_ new: StoredQueueSettings, _ db: Database, now: Moment) throws {
        let newPolicy = try ResolvedPolicy(new.policy)
        try db.cachedStatement(sql: "UPDATE queues SET settings = ? WHERE id = ?").execute(arguments: [new.stored, id])
        settings = new
        policy = newPolicy
        guard bucket != new.bucket else { return }
        bucket = new.bucket
        bucketFullAtUs = bucket?.bounded(fullAtUs: bucketFullAtUs, nowMs: now.elapsedMs) ?? 0
    }

    // MARK: The row

    private func noteChange() {
        guard !isChanged else { return }
        isChanged = true
        changed.records.append(self)
    }

    fileprivate func write(_ db: Database, _ counters: Counters, now: Moment) throws {
        let statement = try db.cachedStatement(
            sql: """
                UPDATE queues SET paused = ?, held = ?, scheduled = ?, ready = ?, parked = ?, leased = ?, done = ?,
                    dead = ?, cancelled = ?, expired = ?, bucket_full_at = ?, consumer_at = ?,
                    last_operation = ?, last_lease = ?, last_wall = ?, last_elapsed = ?
                WHERE id = ?
                """)
        statement.setUncheckedArguments([
            isPaused, counts.held, counts.scheduled, counts.ready, counts.parked, counts.leased, counts.done,
            counts.dead, counts.cancelled, counts.expired, bucketFullAtUs, consumerSeenMs,
            counters.operation, counters.lease, now.wallMs, now.elapsedMs, id,
        ])
        try statement.execute()
        isChanged = false
    }
}

/// The queues that were used since the start. Their counts change with every call, so they are kept in memory and
/// written once a batch, in its transaction.
struct QueueCache {
    private var byName: [Name: QueueRecord] = [:]
    private var byID: [Int64: QueueRecord] = [:]
    private let changed = ChangedQueues()
    /// Names of queues that are not there: who waits on a hundred of them must not have them looked up again and again.
    private var missing: Set<Name> = []
    private static let maxMissing = 10_000

    func isMissing(_ name: Name) -> Bool { missing.contains(name) }

    mutating func noteMissing(_ name: Name) {
        if missing.count >= Self.maxMissing { missing.removeAll(keepingCapacity: true) }
        missing.insert(name)
    }

    func known(_ name: Name) -> QueueRecord? { byName[name] }
    func known(_ id: Int64) -> QueueRecord? { byID[id] }

    mutating func remember(_ row: Row) throws -> QueueRecord {
        let queue = try QueueRecord(row, changed: changed)
        byName[queue.name] = queue
        missing.remove(queue.name)
        byID[queue.id] = queue
        return queue
    }

    /// Writes what changed, and with it which operations and leases there were by now; tells whether anything did.
    func flush(_ db: Database, _ counters: Counters, now: Moment) throws -> Bool {
        defer { changed.records.removeAll(keepingCapacity: true) }
        for queue in changed.records { try queue.write(db, counters, now: now) }
        return !changed.records.isEmpty
    }
}
