import GRDB
import MendProtocol

/// An operation with what surrounds it, for those who ask why it is where it is.
struct ExplainedOperation {
    let scope: ReadScope
    let row: Row
    let queue: Row
    let state: OperationState

    var id: Int64 { row["id"] }
    var queueName: String { queue["name"] }
    var attempt: Int64 { row["attempt"] }
    var maxAttempts: Int64 { row["max_attempts"] }
    /// When a timer looks at it next, by the wall clock.
    var dueAt: Int64? { (row["due_at"] as Int64?).map(scope.now.wall(atElapsed:)) }
    var isPaused: Bool { queue["paused"] }
    var transaction: Int64? { row["txn"] }
    var heldBy: Int64? { row["held_by"] }
    var lastError: Int64? { row["last_error"] }
    /// Of its own, and of its queue.
    var ownBreaker: Name? { (row["breaker"] as String?).map(Name.init(unchecked:)) }
    var queueBreaker: Name? { (queue["breaker"] as String?).map(Name.init(unchecked:)) }

    /// The first breaker that is not closed.
    var breaker: BreakerInfo? {
        [ownBreaker, queueBreaker].lazy.compactMap { $0 }.compactMap { scope.breakers.info($0, now: scope.now) }
            .first { $0.state != .closed && $0.state != .disabled }
    }

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
            row["queue"] as Int64, row["priority"] as Int64, id, Self.countedBefore,
        ]
        return try Int64.fetchOne(statement, arguments: arguments) ?? 0
    }

    static let countedBefore: Int64 = 1000
}

extension ReadScope {
    func explain(operation id: Int64) throws -> Explanation {
        let statement = try db.cachedStatement(sql: "SELECT * FROM operations WHERE id = ?")
        guard let row = try Row.fetchOne(statement, arguments: [id]) else { throw CallError.noOperation(id) }
        let find = try db.cachedStatement(
            sql: "SELECT *, settings ->> '$.breaker' AS breaker FROM queues WHERE id = ?")
        guard let queue = try Row.fetchOne(find, arguments: [row["queue"] as Int64]) else {
            throw DatabaseError(resultCode: .SQLITE_CORRUPT, message: "operation \(id) has no queue")
        }
        let breaker = (queue["breaker"] as String?).map(Name.init(unchecked:))
        let operation = ExplainedOperation(
            scope: self, row: row, queue: queue,
            state: try OperationState(stored: row["state"]).shown(behind: breaker, breakers))
        return Explanation(
            state: operation.state.rawValue, why: try ExplainedOperation.sayings.said(of: operation),
            next: try operation.next(), hint: operation.hint, see: operation.see)
    }
}

extension ExplainedOperation {
    /// Why it is where it is: each reason says itself where it applies.
    static let sayings: [Saying<ExplainedOperation>] = [
        // What became of its last attempt.
        {
            guard $0.state == .scheduled || $0.state == .dead, let failure = try $0.lastFailure() else { return nil }
            return "\($0.attemptText($0.attempt)) failed \(failure)"
        },
        { $0.state == .scheduled && $0.row["run_at"] != nil ? "it was asked for at a point in time" : nil },
        { $0.state == .scheduled && $0.lastError == nil && $0.row["run_at"] == nil ? "it was asked for later" : nil },
        // What keeps it from being leased.
        { $0.heldBy.map { "transaction \($0) holds it until it commits" } },
        { $0.state == .ready && $0.isPaused ? "its queue \($0.queueName) is paused" : nil },
        {
            guard $0.state == .ready || $0.state == .parked, let breaker = $0.breaker else { return nil }
            let whose = breaker.breaker == $0.ownBreaker ? "its" : "its queue's"
            let few = breaker.state == .halfOpen ? ": few pass at a time" : ""
            return "\(whose) breaker \(breaker.breaker) is \(breaker.state.rawValue)\(few)"
        },
        {
            guard $0.state == .ready else { return nil }
            let before = try $0.countBefore()
            let least = before == countedBefore ? "at least " : ""
            return before == 0
                ? "it is the next one of its queue, and nobody has asked for it"
                : "\(least)\(before.of("operation")) before it in its queue"
        },
        // Who has it.
        {
            guard $0.state == .leased else { return nil }
            let worker = ($0.row["worker"] as String?).map { "worker \($0)" } ?? "a worker"
            let uid: Int64? = $0.row["lease_uid"]
            return "\(worker) of user \(uid ?? 0) has leased it, \($0.attemptText($0.attempt))"
        },
        {
            guard $0.state == .leased, let owner = $0.row["owner"] as Int64? else { return nil }
            return "its lease also ends with the \(owner == 0 ? "connection" : "process") that it is tied to"
        },
        {
            let lost: Int64 = $0.row["lost"]
            return lost > 0 ? "it has lost \(lost.of("worker")) in a row" : nil
        },
        // How it ended.
        { $0.state == .done ? "it was completed at \($0.attemptText($0.attempt))" : nil },
        { $0.state == .dead && $0.attempt >= $0.maxAttempts ? "it has used up its attempts" : nil },
        { $0.state == .cancelled ? "it was cancelled" : nil },
        { $0.state == .expired ? "it was not done in time" : nil },
        // What it is for.
        {
            guard let transaction = $0.transaction, let step = $0.row["step"] as Int64? else { return nil }
            return "it is the undo of step \(step) of transaction \(transaction)"
        },
    ]

    func next() throws -> System.Explain.Next? {
        switch state {
        case .held:
            System.Explain.Next(what: "its transaction commits and it is ready, or is rolled back and it is dropped")
        case .scheduled:
            System.Explain.Next(at: dueAt, what: "it is ready for \(attemptText(attempt + 1))")
        case .ready: isPaused ? nil : System.Explain.Next(what: "a worker leases it for \(attemptText(attempt + 1))")
        case .parked:
            System.Explain.Next(
                at: breaker?.retryAt,
                what: "its breaker lets calls through again, and it is ready")
        case .leased:
            System.Explain.Next(
                at: dueAt,
                what: attempt < maxAttempts
                    ? "its lease ends, and it is ready again, unless its worker says otherwise before"
                    : "its lease ends, and it is set aside, unless its worker says otherwise before")
        case .done, .cancelled, .expired: dueAt.map { System.Explain.Next(at: $0, what: "it is forgotten") }
        case .dead: nil
        }
    }

    var hint: String? {
        switch state {
        case .parked where breaker?.state == .forcedOpen:
            "an operator gives the breaker back to itself with breaker.reset"
        case .ready where isPaused: "an operator lets it go with queue.resume"
        case .dead where transaction != nil: "its transaction waits for a decision"
        case .dead: "queue.replay puts it back on its queue with all its attempts"
        default: nil
        }
    }

    var see: [Subject] {
        var see: [Subject] = [.queue(Name(unchecked: queueName))]
        if let transaction = transaction ?? heldBy { see.append(.transaction(transaction)) }
        if let breaker = ownBreaker ?? queueBreaker { see.append(.breaker(breaker)) }
        if let lastError { see.append(.error(lastError)) }
        return see
    }
}
