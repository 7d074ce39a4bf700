import GRDB
import MendProtocol

/// A queue, for those who ask why it does not go on.
struct ExplainedQueue {
    let row: Row
    let settings: StoredQueueSettings
    /// Live operations that it holds at most.
    let maxSize: Int64
    /// Its breaker, where that was ever used.
    let breaker: ExplainedBreaker?
    /// The replay of its dead letters that is under way.
    let replay: Replay?
    let now: Moment

    var name: String { row["name"] }
    var isPaused: Bool { row["paused"] }
    var isShut: Bool { breaker?.isShut ?? false }
    var waitsForOperator: Bool { isPaused || (isShut && breaker?.info.state == .forcedOpen) }
    var live: Int64 { OperationState.allCases.filter(\.isLive).reduce(0) { $0 + count($1) } }

    func count(_ state: OperationState) -> Int64 {
        switch state {
        case .ready where isShut: 0
        case .parked where isShut: row["ready"] + row["parked"]
        default: row[state.rawValue]
        }
    }
}

extension ReadScope {
    func explained(queue row: Row) throws -> ExplainedQueue {
        let settings = try StoredQueueSettings(stored: row["settings"])
        let find = try db.cachedStatement(sql: "SELECT replay FROM replays WHERE queue = ?")
        return ExplainedQueue(
            row: row, settings: settings, maxSize: settings.maxSize ?? self.settings.queueMaxSize,
            breaker: settings.breaker.flatMap { breakers.explained($0, now: now) },
            replay: try String.fetchOne(find, arguments: [row["id"] as Int64]).map(Replay.init(stored:)), now: now)
    }

    func explain(queue name: Name) throws -> Explanation {
        let statement = try db.cachedStatement(sql: "SELECT * FROM queues WHERE name = ?")
        guard let row = try Row.fetchOne(statement, arguments: [name.text]) else { throw CallError.noQueue(name) }
        let queue = try explained(queue: row)
        let find = try db.cachedStatement(
            sql: "SELECT id FROM operations WHERE queue = ? AND state = 2 ORDER BY priority, id LIMIT 1")
        let first = try Int64.fetchOne(find, arguments: [row["id"] as Int64])
        var next: System.Explain.Next?
        if !queue.waitsForOperator, first != nil || queue.isShut {
            next =
                queue.nextRoom
                ?? first.map { System.Explain.Next(what: "operation \($0) goes to whoever leases next") }
        }
        let see: [Subject?] = [
            first.map(Subject.operation), queue.settings.breaker.map(Subject.breaker),
            queue.replay?.canary.map(Subject.operation),
        ]
        return Explanation(
            state: queue.isPaused ? "paused" : queue.isShut ? "parked" : queue.live == 0 ? "empty" : "running",
            why: try ExplainedQueue.sayings.said(of: queue), next: next,
            hint: queue.isPaused
                ? "an operator lets it go on with queue.resume"
                : queue.waitsForOperator ? ExplainedBreaker.resetHint : nil, see: see.compactMap { $0 })
    }
}

extension ExplainedQueue {
    static let sayings: [Saying<ExplainedQueue>] =
        [
            { $0.isPaused ? "it is paused: nothing of it is leased" : nil },
            { queue in
                queue.breaker.flatMap { breaker in
                    breaker.hindrance.map { "its breaker \(breaker.info.breaker) \($0)" }
                }
            },
        ] + limits + [
            { $0.said(.ready, "ready") },
            { $0.said(.leased, "in the hands of workers") },
            { $0.said(.scheduled, "scheduled for later") },
            { $0.said(.parked, "parked behind a breaker") },
            { $0.said(.held, "held until a transaction commits") },
            { $0.said(.dead, "set aside as dead letters: somebody must look") },
            { queue in
                queue.replay.map { replay in
                    "a replay of its dead letters is under way, \(replay.replayed) put back"
                        + (replay.canary.map { "; it goes on when operation \($0) is done" } ?? "")
                }
            },
        ]

    private func said(_ state: OperationState, _ what: String) -> String? {
        count(state) > 0 ? "\(count(state).of("operation")) \(what)" : nil
    }
}
