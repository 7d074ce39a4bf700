import GRDB
import MendProtocol

/// A queue, for those who ask why it does not go on.
struct ExplainedQueue {
    let row: Row
    /// Its breaker, where that is not closed.
    let breaker: BreakerInfo?

    var isShut: Bool { breaker?.state == .open || breaker?.state == .forcedOpen }

    func count(_ state: OperationState) -> Int64 {
        switch state {
        case .ready where isShut: 0
        case .parked where isShut: row["ready"] + row["parked"]
        default: row[state.rawValue]
        }
    }
    var isPaused: Bool { row["paused"] }
}

extension ReadScope {
    func explain(queue name: Name) throws -> Explanation {
        let statement = try db.cachedStatement(sql: "SELECT * FROM queues WHERE name = ?")
        guard let row = try Row.fetchOne(statement, arguments: [name.text]) else { throw CallError.noQueue(name) }
        let tied = try StoredQueueSettings(stored: row["settings"]).breaker
        let breaker = tied.flatMap { breakers.info($0, now: now) }.flatMap {
            $0.state == .closed || $0.state == .disabled ? nil : $0
        }
        let queue = ExplainedQueue(row: row, breaker: breaker)
        let live = OperationState.allCases.filter(\.isLive).reduce(0) { $0 + queue.count($1) }
        let find = try db.cachedStatement(
            sql: "SELECT id FROM operations WHERE queue = ? AND state = 2 ORDER BY priority, id LIMIT 1")
        let first = try Int64.fetchOne(find, arguments: [row["id"] as Int64])
        return Explanation(
            state: queue.isPaused ? "paused" : queue.isShut ? "parked" : live == 0 ? "empty" : "running",
            why: try ExplainedQueue.sayings.said(of: queue),
            next: queue.isPaused || queue.isShut
                ? queue.nextTry
                : first.map { System.Explain.Next(what: "operation \($0) goes to whoever leases next") },
            hint: queue.isPaused ? "an operator lets it go on with queue.resume" : nil,
            see: (first.map { [.operation($0)] } ?? []) + (tied.map { [.breaker($0)] } ?? []))
    }
}

extension ExplainedQueue {
    var nextTry: System.Explain.Next? {
        guard !isPaused, let retryAt = breaker?.retryAt else { return nil }
        return System.Explain.Next(at: retryAt, what: "its breaker lets the next operation try")
    }

    static let sayings: [Saying<ExplainedQueue>] = [
        { $0.isPaused ? "it is paused: nothing of it is leased" : nil },
        { queue in
            queue.breaker.map { breaker in
                let few = breaker.state == .halfOpen ? ": few of its operations pass at a time" : ""
                return "its breaker \(breaker.breaker) is \(breaker.state.rawValue)\(few)"
            }
        },
        { $0.said(.ready, "ready") },
        { $0.said(.leased, "in the hands of workers") },
        { $0.said(.scheduled, "scheduled for later") },
        { $0.said(.parked, "parked behind a breaker") },
        { $0.said(.held, "held until a transaction commits") },
        { $0.said(.dead, "set aside as dead letters: somebody must look") },
    ]

    private func said(_ state: OperationState, _ what: String) -> String? {
        count(state) > 0 ? "\(count(state).of("operation")) \(what)" : nil
    }
}
