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
    var maxSize: Int64?
    var isPaused: Bool { didSet { noteChange() } }
    private(set) var counts: OperationCounts
    private var isChanged = false
    private unowned let changed: ChangedQueues

    fileprivate init(_ row: Row, changed: ChangedQueues) {
        self.changed = changed
        id = row["id"]
        name = Name(unchecked: row["name"])
        maxSize = row["max_size"]
        isPaused = row["paused"]
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

    private func noteChange() {
        guard !isChanged else { return }
        isChanged = true
        changed.records.append(self)
    }

    fileprivate func write(_ db: Database) throws {
        let statement = try db.cachedStatement(
            sql: """
                UPDATE queues SET paused = ?, held = ?, scheduled = ?, ready = ?, parked = ?, leased = ?, done = ?,
                    dead = ?, cancelled = ?, expired = ? WHERE id = ?
                """)
        statement.setUncheckedArguments([
            isPaused, counts.held, counts.scheduled, counts.ready, counts.parked, counts.leased, counts.done,
            counts.dead, counts.cancelled, counts.expired, id,
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

    func known(_ name: Name) -> QueueRecord? { byName[name] }
    func known(_ id: Int64) -> QueueRecord? { byID[id] }

    mutating func remember(_ row: Row) -> QueueRecord {
        let queue = QueueRecord(row, changed: changed)
        byName[queue.name] = queue
        byID[queue.id] = queue
        return queue
    }

    /// Writes what changed; tells whether anything did.
    func flush(_ db: Database) throws -> Bool {
        defer { changed.records.removeAll(keepingCapacity: true) }
        for queue in changed.records { try queue.write(db) }
        return !changed.records.isEmpty
    }
}
