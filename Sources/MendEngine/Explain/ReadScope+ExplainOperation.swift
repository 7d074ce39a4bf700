import GRDB
import MendProtocol

/// An operation with what surrounds it, for those who ask why it is where it is.
struct ExplainedOperation {
    let scope: ReadScope
    let row: Row
    let queue: ExplainedQueue
    let state: OperationState
    /// Of its own, beside its queue's.
    let ownBreaker: ExplainedBreaker?
    /// What has its lane, where it stands behind that.
    let head: LaneHead?

    var id: Int64 { row["id"] }
    var attempt: Int64 { row["attempt"] }
    var maxAttempts: Int64 { row["max_attempts"] }
    var dueMs: Int64? { row["due_at"] }
    var expiresMs: Int64? { row["expires_at"] }
    var runAt: Int64? { row["run_at"] }
    /// When a timer looks at it next, by the wall clock.
    var dueAt: Int64? { dueMs.map(scope.now.wall(atElapsed:)) }
    var transaction: Int64? { row["txn"] }
    var heldBy: Int64? { row["held_by"] }
    var lastError: Int64? { row["last_error"] }
    var lost: Int64 { row["lost"] }
    var lane: String? { row["lane"] }
    /// Whether it has its lane, or stands behind what has it.
    var hasPlace: Bool { row["lane_place"] as Int64? != nil }

    /// The first breaker that keeps it back.
    var breaker: ExplainedBreaker? { [ownBreaker, queue.breaker].lazy.compactMap { $0 }.first { $0.hindrance != nil } }

    /// Whether it waits for a time of its own, and not only for its lane.
    var waitsForTime: Bool { state == .scheduled && dueMs != nil && (runAt != nil || dueMs != expiresMs) }

    /// Whether its worker is the last one that it may lose.
    var isLastLoss: Bool { lost + 1 >= queue.settings.poisonLosses ?? scope.settings.poisonLosses }

    /// `attempt 2 of 5`
    func attemptText(_ number: Int64) -> String { "attempt \(number) of \(maxAttempts)" }

    /// `with error 17 (transient): connection refused`
    func lastFailure() throws -> String? {
        guard let lastError else { return nil }
        let statement = try scope.db.cachedStatement(sql: "SELECT category FROM errors WHERE id = ?")
        let category = try String.fetchOne(statement, arguments: [lastError]).map { " (\($0))" } ?? ""
        let message = (row["last_message"] as String?).map { ": \($0)" } ?? ""
        return "with error \(lastError)\(category)\(message)"
    }

    /// Ready operations of its queue that go before it, counted up to a bound.
    func countBefore() throws -> Int64 {
        let statement = try scope.db.cachedStatement(
            sql: """
                SELECT count(*) FROM (SELECT 1 FROM operations WHERE queue = ? AND state = 2
                    AND (priority, id) < (?, ?) LIMIT ?)
                """)
        let arguments: StatementArguments = [
            row["queue"] as Int64, row["priority"] as Int64, id, Self.countedAtMost,
        ]
        return try Int64.fetchOne(statement, arguments: arguments) ?? 0
    }

    static let countedAtMost: Int64 = 1000
    /// `at least` where there may be more than were counted.
    static func atLeast(_ count: Int64) -> String { count == countedAtMost ? "at least " : "" }
}

extension ReadScope {
    func explain(operation id: Int64) throws -> Explanation {
        let statement = try db.cachedStatement(sql: "SELECT * FROM operations WHERE id = ?")
        guard let row = try Row.fetchOne(statement, arguments: [id]) else { throw CallError.noOperation(id) }
        let find = try db.cachedStatement(sql: "SELECT * FROM queues WHERE id = ?")
        guard let queueRow = try Row.fetchOne(find, arguments: [row["queue"] as Int64]) else {
            throw DatabaseError(resultCode: .SQLITE_CORRUPT, message: "operation \(id) has no queue")
        }
        let queue = try explained(queue: queueRow)
        let own = (row["breaker"] as String?).map(Name.init(unchecked:))
        let operation = ExplainedOperation(
            scope: self, row: row, queue: queue,
            state: try OperationState(stored: row["state"]).shown(behind: queue.settings.breaker, breakers),
            ownBreaker: own == queue.settings.breaker ? nil : own.flatMap { breakers.explained($0, now: now) },
            head: try laneHead(before: row, behind: queue.settings.breaker))
        return Explanation(
            state: operation.state.rawValue, why: try ExplainedOperation.sayings.said(of: operation),
            next: operation.next, hint: operation.hint, see: operation.see)
    }
}

extension ExplainedOperation {
    /// Why it is where it is: each reason says itself where it applies.
    static let sayings: [Saying<ExplainedOperation>] = lastAttempt + hindrances + holders + ends

    private static let lastAttempt: [Saying<ExplainedOperation>] = [
        {
            guard $0.state == .scheduled || $0.state == .dead, let failure = try $0.lastFailure() else { return nil }
            return $0.attempt == 0
                ? "it was put back with all its attempts; the last one before that failed \(failure)"
                : "\($0.attemptText($0.attempt)) failed \(failure)"
        },
        { $0.waitsForTime && $0.runAt != nil ? "it was asked for at a point in time" : nil },
        { $0.waitsForTime && $0.runAt == nil && $0.lastError == nil ? "it was asked for later" : nil },
    ]

    /// What keeps it from being leased.
    private static let hindrances: [Saying<ExplainedOperation>] =
        [
            { $0.heldBy.map { "transaction \($0) holds it until it commits" } },
            { $0.state == .ready && $0.queue.isPaused ? "its queue \($0.queue.name) is paused" : nil },
            { operation in
                guard operation.state == .ready || operation.state == .parked else { return nil }
                return operation.breaker.map { breaker in
                    let whose = breaker.info.breaker == operation.ownBreaker?.info.breaker ? "its" : "its queue's"
                    return "\(whose) breaker \(breaker.info.breaker) \(breaker.hindrance ?? "")"
                }
            },
            { $0.state == .ready ? $0.queue.crowd.map { "its queue has \($0)" } : nil },
            { $0.state == .ready ? $0.queue.rateUsedUp.map { "its queue waits: \($0)" } : nil },
            {
                guard $0.state == .ready else { return nil }
                let before = try $0.countBefore()
                guard before == 0 else { return "\(atLeast(before))\(before.of("operation")) before it in its queue" }
                let isFree = !$0.queue.isPaused && $0.queue.nextRoom == nil && $0.breaker?.crowd == nil
                return "it is the next one of its queue\(isFree ? ", and nobody has asked for it" : "")"
            },
        ] + lanes + [
            {
                guard $0.state.isLive, $0.state != .leased, let expiresMs = $0.expiresMs else { return nil }
                let leftMs = max(0, expiresMs - $0.scope.now.elapsedMs)
                return "it expires in \(leftMs.asDuration) unless a worker has it by then"
            }
        ]

    /// Who has it.
    private static let holders: [Saying<ExplainedOperation>] = [
        {
            guard $0.state == .leased else { return nil }
            let worker = ($0.row["worker"] as String?).map { "worker \($0)" } ?? "a worker"
            let uid: Int64? = $0.row["lease_uid"]
            return "\(worker) of user \(uid ?? 0) has leased it, \($0.attemptText($0.attempt))"
        },
        {
            guard $0.state == .leased, let owner = try $0.scope.owner($0.row["owner"]) else { return nil }
            return "its lease also ends with \(owner) that it is tied to"
        },
        // At its end, the error says how often.
        { $0.lost > 0 && $0.state.isLive ? "it has lost \($0.lost.of("worker")) in a row" : nil },
    ]

    /// How it ended, and what it is for.
    private static let ends: [Saying<ExplainedOperation>] = [
        { $0.state == .done ? "it was completed at \($0.attemptText($0.attempt))" : nil },
        { $0.state == .dead && $0.attempt >= $0.maxAttempts ? "it has used up its attempts" : nil },
        { $0.state == .cancelled ? "it was cancelled" : nil },
        { $0.state == .expired ? "it was not done in time" : nil },
        {
            guard let transaction = $0.transaction, let step = $0.row["step"] as Int64? else { return nil }
            return "it is the undo of step \(step) of transaction \(transaction)"
        },
    ]

    var see: [Subject] {
        var see: [Subject] = [.queue(Name(unchecked: queue.name))]
        if let head { see.append(.operation(head.id)) }
        if let transaction = transaction ?? heldBy { see.append(.transaction(transaction)) }
        if let breaker = (row["breaker"] as String?).map(Name.init(unchecked:)) ?? queue.settings.breaker {
            see.append(.breaker(breaker))
        }
        if let lastError { see.append(.error(lastError)) }
        return see
    }
}

extension ReadScope {
    /// What the end of ends something that is tied to it; nothing where it is tied to nothing.
    func owner(_ id: Int64?) throws -> String? {
        guard let id else { return nil }
        guard id != 0 else { return "the connection" }
        let statement = try db.cachedStatement(sql: "SELECT pid FROM owners WHERE id = ?")
        return try Int64.fetchOne(statement, arguments: [id]).map { "the process \($0)" } ?? "the process"
    }
}
