import GRDB
import MendProtocol
import MendWire

/// What decides over an operation, without its payload.
struct OperationRow {
    let id: Int64
    let queue: Int64
    let state: OperationState
    let uid: UInt32
    let attempt: Int64
    let maxAttempts: Int64
    let policy: String?
    let lease: Int64?
    let leaseUID: UInt32?
    let leaseMs: Int64?
    let failingSinceMs: Int64?
    let lastDelayMs: Int64?
    let transaction: Int64?
    let step: Int64?
    let correlation: Name?
    /// What its lease is tied to beside its time: nothing, 0 for a connection, or a process in `owners`.
    let owner: Int64?
    /// Leases in a row that ended without a word.
    let lost: Int64
    /// When a timer looks at it next.
    let dueMs: Int64?
    let lane: String?
    /// Elapsed time at which it expires unless it has been done.
    var expiresMs: Int64?
    let keepResultMs: Int64?
    /// A breaker of its own, beside its queue's.
    let breaker: Name?

    /// The columns, in the order in which `init` reads them: by position, for it is on the way of every call.
    static let columns = """
        id, queue, state, uid, attempt, max_attempts, policy, lease, lease_uid, lease_ms, failing_since, last_delay_ms,
            txn, step, correlation, owner, lost, due_at, lane,
            expires_at, keep_result_ms, breaker
        """

    init(_ row: Row) throws {
        id = row[0]
        queue = row[1]
        state = try OperationState(stored: row[2])
        uid = row[3]
        attempt = row[4]
        maxAttempts = row[5]
        policy = row[6]
        lease = row[7]
        leaseUID = row[8]
        leaseMs = row[9]
        failingSinceMs = row[10]
        lastDelayMs = row[11]
        transaction = row[12]
        step = row[13]
        correlation = (row[14] as String?).map(Name.init(unchecked:))
        owner = row[15]
        lost = row[16]
        dueMs = row[17]
        lane = row[18]
        expiresMs = row[19]
        keepResultMs = row[20]
        breaker = (row[21] as String?).map(Name.init(unchecked:))
    }
}

extension Scope {
    func operation(_ id: Int64) throws -> OperationRow {
        guard let operation = try knownOperation(id) else { throw CallError.noOperation(id) }
        return operation
    }

    private static let selectByID = HotSQL("SELECT \(OperationRow.columns) FROM operations WHERE id = ?")
    private static let endOne = HotSQL(
        "UPDATE operations SET state = ?, due_at = ?, ended_at = ?, result = ? WHERE id = ?")

    func knownOperation(_ id: Int64) throws -> OperationRow? {
        try Row.fetchOne(hot(Self.selectByID), arguments: [id]).map(OperationRow.init)
    }

    /// The operation that `lease` is for, for whoever holds it.
    func leased(_ id: Int64, lease: Int64, by caller: Caller) throws -> OperationRow {
        let operation = try operation(id)
        guard operation.lease == lease, operation.state == .leased else {
            throw CallError(
                .leaseLost, "lease \(lease) of operation \(id) has ended; the operation is \(operation.state.rawValue)",
                field: "lease", hint: "stop working on it: it may be in other hands")
        }
        try operation.checkHeld(by: caller)
        return operation
    }

    /// Takes an operation to its end, where it stays readable for a while.
    func end(_ operation: OperationRow, as state: OperationState, result: String? = nil) throws {
        let forgottenAtMs = operation.keptMs(as: state, engine.settings).map { now.elapsedMs + $0 }
        let stored = try result.map {
            try engine.settings.payloads.stored($0, at: PayloadStore.result(of: operation.id))
        }
        try hot(Self.endOne).run(state.code, forgottenAtMs, now.wallMs, stored, operation.id)
        try endLease(of: operation)
        try queue(id: operation.queue).move(from: operation.state, to: state)
        engine.endWaiters.note(.operation(operation.id))
        if !engine.replays.canaries.isEmpty, engine.replays.canaries[operation.id] != nil {
            try canaryEnded(operation, as: state)
        }
        if let forgottenAtMs { engine.note(dueAt: forgottenAtMs) }
        if let lane = operation.lane { try leaveLane(lane, operation, as: state) }
    }

    /// Puts an operation back on its queue, ready at once, or as soon as its lane is free and its breaker lets it pass; one
    /// whose time is over expires.
    ///
    /// - Returns: the state that it is in.
    @discardableResult
    func makeReady(_ operation: OperationRow, attempt: Int64, lost: Int64) throws -> OperationState {
        if operation.hasExpired(at: now) { return try expire(operation) }
        if let lane = operation.lane, try !takesLane(operation, lane) {
            try waitInLane(operation, attempt: attempt, lost: lost)
            return .scheduled
        }
        if let breaker = operation.breaker, holdsBack(breaker) {
            try park(operation, attempt: attempt, lost: lost)
            return .parked
        }
        let statement = try db.cachedStatement(
            sql: """
                UPDATE operations SET state = 2, due_at = expires_at, run_at = NULL, attempt = ?, lost = ?,
                    ended_at = NULL WHERE id = ?
                """)
        try statement.execute(arguments: [attempt, lost, operation.id])
        try endLease(of: operation)
        let queue = try queue(id: operation.queue)
        queue.move(from: operation.state, to: .ready)
        if let expiresMs = operation.expiresMs { engine.note(dueAt: expiresMs) }
        engine.waiters.wake(queue.name)
        return .ready
    }
}

extension Scope {
    /// What the end of a lease means beside the operation itself; nothing for an operation that is not leased.
    func endLease(of operation: OperationRow) throws {
        guard operation.state == .leased else { return }
        // Where nothing was said, the end of a lease says nothing about what its breakers guard.
        conclude(operation, as: .ignored)
        let queue = try queue(id: operation.queue)
        if queue.isConcurrencyLimited { engine.waiters.wake(queue.name) }
        if let held = operation.held { detach(held) }
    }
}

extension OperationRow {
    /// Its lease, where it is tied to an owner or may be after a restart.
    var held: HoldTable.Held? {
        guard owner != nil, let lease else { return nil }
        return .lease(operation: id, lease: lease)
    }

    /// How long it stays readable at its end; an undo does as long as its transaction.
    func keptMs(as state: OperationState, _ settings: EngineSettings) -> Int64? {
        guard transaction == nil else { return nil }
        return switch state {
        case .dead: settings.deadRetentionMs
        // Its worker may ask again whether it was taken.
        case .done: keepResultMs.map { max($0, Self.answersAgainMs) } ?? settings.retentionMs
        default: settings.retentionMs
        }
    }

    /// For how long the end of a lease that is said again is answered as it was, at least.
    private static let answersAgainMs: Int64 = 3_600_000

    func checkHeld(by caller: Caller) throws(CallError) {
        guard let leaseUID, !caller.owns(leaseUID) else { return }
        throw CallError(
            .permissionDenied, "operation \(id) is leased by user \(leaseUID), and you are \(caller.uid)",
            field: "operation")
    }

    func checkOwned(by caller: Caller) throws(CallError) {
        guard !caller.owns(uid) else { return }
        throw CallError(
            .permissionDenied, "operation \(id) belongs to user \(uid), and you are \(caller.uid)", field: "operation")
    }

    /// Undos are changed by their transaction alone.
    func checkIsNoUndo() throws(CallError) {
        guard let transaction else { return }
        throw CallError(
            .conflict, "operation \(id) is an undo of transaction \(transaction), and ends only with it",
            field: "operation", hint: "see transaction.get")
    }
}

extension CallError {
    static func noOperation(_ id: Int64) -> CallError {
        CallError(
            .notFound, "there is no operation \(id)", field: "operation",
            hint: "ended operations are kept for a while only")
    }
}
