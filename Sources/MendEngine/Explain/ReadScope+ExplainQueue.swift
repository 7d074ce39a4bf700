import GRDB
import MendProtocol

/// A queue, for those who ask why it does not go on.
struct ExplainedQueue {
    let row: Row

    func count(_ state: OperationState) -> Int64 { row[state.rawValue] }
    var isPaused: Bool { row["paused"] }
}

extension ReadScope {
    func explain(queue name: Name) throws -> Explanation {
        let statement = try db.cachedStatement(sql: "SELECT * FROM queues WHERE name = ?")
        guard let row = try Row.fetchOne(statement, arguments: [name.text]) else { throw CallError.noQueue(name) }
        let queue = ExplainedQueue(row: row)
        let live = OperationState.allCases.filter(\.isLive).reduce(0) { $0 + queue.count($1) }
        let find = try db.cachedStatement(
            sql: "SELECT id FROM operations WHERE queue = ? AND state = 2 ORDER BY priority, id LIMIT 1")
        let first = try Int64.fetchOne(find, arguments: [row["id"] as Int64])
        return Explanation(
            state: queue.isPaused ? "paused" : live == 0 ? "empty" : "running",
            why: try ExplainedQueue.sayings.said(of: queue),
            next: queue.isPaused
                ? nil : first.map { System.Explain.Next(what: "operation \($0) goes to whoever leases next") },
            hint: queue.isPaused ? "an operator lets it go on with queue.resume" : nil,
            see: first.map { [.operation($0)] } ?? [])
    }
}

extension ExplainedQueue {
    static let sayings: [Saying<ExplainedQueue>] = [
        { $0.isPaused ? "it is paused: nothing of it is leased" : nil },
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
