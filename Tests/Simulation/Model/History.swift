import GRDB
import MendEngine
import MendProtocol

/// What became of everything, change by change, and whether anything explains it: kept beside the engine, from what was
/// asked, and never from what the engine thinks.
final class History {
    final class Entry {
        let id: Int64
        let queue: Int64
        /// What was asked for; nothing for an undo.
        let request: QueueModel.Operation?
        let transaction: Int64?
        let step: Int64?
        var state: OperationState
        /// Elapsed time from which on it is not handed out any more.
        var expiresMs: Int64?
        /// Until when it is to wait, in elapsed or in wall time.
        var notBeforeMs: Int64?
        var runAt: Int64?
        var lease: Int64?
        var attempt: Int64 = 0
        var lost: Int64 = 0
        /// It was live when it was purged.
        var isBeingPurged = false

        init(_ change: Change, request: QueueModel.Operation?, state: OperationState) {
            id = change.id
            queue = change.queue ?? 0
            transaction = change.transaction
            step = change.step
            self.request = request
            self.state = state
        }
    }

    /// The commit that is looked at.
    struct Commit {
        let asked: Asked
        let now: Moment
    }

    var entries: [Int64: Entry] = [:]
    var lanes: [LaneKey: Lane] = [:]
    var limits: [Int64: Limits] = [:]
    let transactions: TransactionHistory
    private let model: QueueModel
    private var writtenPayloads: Set<String> = []
    /// Keys of live operations.
    var liveKeys: [String: Int64] = [:]
    private var lastSeq: Int64 = 0
    private(set) var lastEvent: Int64 = 0
    /// Events that must be in the journal by the end of the commit.
    private var expected: [(kinds: Set<String>, operation: Int64)] = []
    /// The last lease of an earlier run, and until when nobody may lose one of those.
    private(set) var lastLeaseAtStart: Int64 = 0
    private(set) var graceUntilMs: Int64 = 0
    private var lastLease: Int64 = 0
    /// By how much wall time was ahead of elapsed time in the last commit; nothing where it is not known.
    private var wallOffsetMs: Int64?
    /// No commit was seen since the start.
    private var isBeginning = false

    init(_ model: QueueModel, _ transactions: TransactionModel) {
        self.model = model
        self.transactions = TransactionHistory(transactions)
    }

    func restarted(at now: Moment, hostRestarted: Bool) {
        lastLeaseAtStart = lastLease
        graceUntilMs = now.elapsedMs + (hostRestarted ? 0 : Engine.graceMs)
        transactions.restarted()
        // A start that is killed before its first commit tells nothing, and the next one compares with it.
        if isBeginning { wallOffsetMs = nil }
        isBeginning = true
    }

    /// Looks at what a commit did.
    func read(_ db: Database, _ commit: Commit) throws {
        let rows = try Row.fetchCursor(
            db.cachedStatement(sql: "SELECT * FROM audit WHERE seq > ? ORDER BY seq"), arguments: [lastSeq])
        while let row = try rows.next() {
            lastSeq = row["seq"]
            let change = try Change(row)
            switch change.kind {
            case .operation: try operationChanged(change, commit)
            case .queue: try configured(change, commit)
            case .transaction: try transactions.transactionChanged(change, commit)
            case .step: try stepChanged(change, commit)
            }
        }
        try readJournal(db, commit.now)
        try transactions.committed(commit)
    }

    private func configured(_ change: Change, _ commit: Commit) throws {
        let new = try Limits(change.text, had: limits[change.id], at: commit.now)
        // Of two, it is not known here which one came last; and a queue begins without settings.
        let calls = change.oldWord.flatMap { commit.asked.configured[Name(unchecked: $0)] } ?? []
        if calls.count == 1, let asked = calls.first?.maxConcurrent {
            try require(
                new.maxConcurrent == asked.value?.value, .limitsHeld,
                "queue \(change.id) is to run \(asked) operations at a time, and has \(new.maxConcurrent ?? -1)")
        }
        limits[change.id] = new
    }

    private func stepChanged(_ change: Change, _ commit: Commit) throws {
        if change.oldWord == nil, let text = change.text {
            try require(
                writtenPayloads.insert(text).inserted, .keyedOnce, "the step with the payload \(text) was written twice"
            )
        }
        try transactions.stepChanged(change, commit)
    }

    func expect(_ kinds: Set<String>, of entry: Entry) { expected.append((kinds, entry.id)) }

    private func readJournal(_ db: Database, _ now: Moment) throws {
        let rows = try Row.fetchCursor(
            db.cachedStatement(sql: "SELECT event, kind, operation, txn FROM events WHERE event > ? ORDER BY event"),
            arguments: [lastEvent])
        var told: [Int64: Set<String>] = [:]
        var kinds: Set<String> = []
        while let row = try rows.next() {
            let event: Int64 = row[0]
            try require(event == lastEvent + 1, .journalWithoutGaps, "event \(event) follows on \(lastEvent)")
            lastEvent = event
            kinds.insert(row[1])
            if let operation = row[2] as Int64? { told[operation, default: []].insert(row[1]) }
            if let transaction = row[3] as Int64? { transactions.told(row[1], of: transaction) }
        }
        for event in expected {
            try require(
                !event.kinds.isDisjoint(with: told[event.operation] ?? []), .journalTells,
                "nothing in the journal says that operation \(event.operation): \(event.kinds.sorted())")
        }
        expected = []
        let offsetMs = now.wallMs - now.elapsedMs
        if let wallOffsetMs, abs(offsetMs - wallOffsetMs) > Self.clockToleranceMs {
            try require(
                kinds.contains("clock.jumped"), .journalTells, "the wall clock was set, and the journal does not say so"
            )
        }
        try require(
            !isBeginning || kinds.contains("daemon.started"), .journalTells, "the journal does not tell of the start")
        wallOffsetMs = offsetMs
        isBeginning = false
    }

    // MARK: Operations

    func operationChanged(_ change: Change, _ commit: Commit) throws {
        let (old, new) = (try change.oldOperation, try change.newOperation)
        guard let old else { return try enqueued(change, new ?? .ready, commit) }
        guard let entry = entries[change.id] else {
            throw Violation(.nothingInvented, "operation \(change.id) changes, and was never written")
        }
        try require(old == entry.state, .nothingInvented, "operation \(entry.id) is \(old), and was \(entry.state)")
        try require(
            change.oldAttempt == entry.attempt || new == nil, .attemptsFair,
            "operation \(entry.id) is at attempt \(change.oldAttempt), and was at \(entry.attempt)")
        try require(
            change.oldLost == entry.lost || new == nil, .poisonSetAside,
            "operation \(entry.id) was lost \(change.oldLost) times, after \(entry.lost)")
        if old == .leased { limits[entry.queue, default: Limits()].leased -= 1 }
        guard let new else { return try forgotten(entry, commit) }
        switch (old, new) {
        case (.ready, .leased): try leaseBegins(entry, change, commit)
        case (.leased, _): try leaseEnds(entry, change, as: new, commit)
        case (.scheduled, .ready), (.scheduled, .scheduled): try becomesReady(entry, change, as: new, commit)
        case (.ready, .scheduled):
            let lane = entry.laneKey.map { lanes[$0]?.holder != entry.id } ?? false
            try require(lane, .changesExplained, "operation \(entry.id) is scheduled again, and is in no lane")
        case (.scheduled, .expired), (.ready, .expired): try expires(entry, commit)
        case (.scheduled, .cancelled), (.ready, .cancelled), (.dead, .cancelled):
            try isCancelled(entry, commit)
        case (.dead, .ready), (.dead, .scheduled): try isRevived(entry, commit)
        case (.expired, _): throw Violation(.expiredStays, "operation \(entry.id) was expired, and is \(new)")
        case (.done, _), (.cancelled, _):
            throw Violation(.notDoneAgain, "operation \(entry.id) was \(old), and is \(new)")
        default: throw Violation(.changesExplained, "operation \(entry.id) was \(old), and is \(new)")
        }
        entry.state = new
        entry.attempt = change.attempt
        entry.lost = change.lost
        entry.lease = new == .leased ? change.lease : nil
        if !new.isLive { ended(entry, as: new) }
    }

    private func enqueued(_ change: Change, _ state: OperationState, _ commit: Commit) throws {
        let text = change.text ?? ""
        let request = Int64(text).flatMap { model.byNonce[$0] }
        let entry = Entry(change, request: request, state: state)
        entries[change.id] = entry
        guard let request else { return try transactions.undoBegins(entry, commit) }
        try require(
            commit.asked.payloads.contains(text), .nothingInvented, "operation \(change.id) was not asked for: \(text)")
        try require(
            writtenPayloads.insert(text).inserted, .keyedOnce,
            "the operation with the payload \(text) was written twice")
        if let key = request.keyInQueue {
            try require(
                liveKeys.updateValue(entry.id, forKey: key) == nil, .keyUnique,
                "two live operations have the key \(key)")
        }
        entry.expiresMs = request.wishes.expiresMs.map { commit.now.elapsedMs + $0 }
        if state == .scheduled {
            entry.notBeforeMs = request.wishes.delayMs.map { commit.now.elapsedMs + $0 }
            entry.runAt = request.wishes.runAt
        }
        enterLane(entry)
    }

    func note(lease: Int64) throws {
        try require(lease > lastLease, .tokensGrow, "lease \(lease) came after \(lastLease)")
        lastLease = lease
    }
}
