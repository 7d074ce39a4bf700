import GRDB
import MendProtocol

/// The operation that has a lane, for those that stand behind it.
struct LaneHead {
    let id: Int64
    let state: OperationState
    /// When a timer looks at it next, by the wall clock.
    let dueAt: Int64?

    var next: System.Explain.Next? {
        guard state == .dead else {
            return System.Explain.Next(what: "operation \(id) comes to its end, and the next one of the lane goes")
        }
        return dueAt.map {
            System.Explain.Next(at: $0, what: "operation \(id) is forgotten, and the next one of the lane goes")
        }
    }

    var hint: String {
        "queue.replay gives operation \(id) all its attempts again; queue.cancel gives it up, and its lane goes on"
    }
}

extension ReadScope {
    /// What an operation stands behind; nothing where it has its lane, or no place in one.
    func laneHead(before row: Row, behind breaker: Name?) throws -> LaneHead? {
        guard row["lane_place"] as Int64? == 1 else { return nil }
        let find = try db.cachedStatement(
            sql: "SELECT id, state, due_at FROM operations WHERE queue = ? AND lane = ? AND lane_place = 0")
        let arguments: StatementArguments = [row["queue"] as Int64, row["lane"] as String?]
        return try Row.fetchOne(find, arguments: arguments).map { head in
            LaneHead(
                id: head[0], state: try OperationState(stored: head[1]).shown(behind: breaker, breakers),
                dueAt: (head[2] as Int64?).map(now.wall(atElapsed:)))
        }
    }
}

extension ExplainedOperation {
    static let lanes: [Saying<ExplainedOperation>] = [
        { operation in
            guard let head = operation.head, let lane = operation.lane else { return nil }
            let blocks = head.state == .dead ? ", and blocks it" : ""
            return
                "it stands behind operation \(head.id) in its lane \(lane): that one is \(head.state.rawValue)\(blocks)"
        },
        {
            guard $0.head != nil else { return nil }
            let between = try $0.countBehind(before: $0.id)
            return between > 0 ? "\(atLeast(between))\(between.of("operation")) of its lane between them" : nil
        },
        {
            guard $0.state == .dead, $0.hasPlace, let lane = $0.lane else { return nil }
            let behind = try $0.countBehind(before: .max)
            return "it blocks its lane \(lane), with \(atLeast(behind))\(behind.of("operation")) behind it"
        },
    ]

    /// Operations that stand behind the head of its lane, those before `id`, counted up to a bound.
    private func countBehind(before id: Int64) throws -> Int64 {
        let statement = try scope.db.cachedStatement(
            sql: """
                SELECT count(*) FROM (SELECT 1 FROM operations
                    WHERE queue = ? AND lane = ? AND lane_place = 1 AND id < ? LIMIT ?)
                """)
        let arguments: StatementArguments = [row["queue"] as Int64, lane, id, Self.countedAtMost]
        return try Int64.fetchOne(statement, arguments: arguments) ?? 0
    }
}
