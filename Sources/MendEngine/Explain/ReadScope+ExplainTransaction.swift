import GRDB
import MendProtocol

/// A transaction with the step at which it is, for those who ask what it waits for.
struct ExplainedTransaction {
    let scope: ReadScope
    let row: TransactionRow
    let confirmed: Int64
    /// The step that is being undone, or whose undo failed, and its operation.
    let undoing: (step: Int64, operation: Int64?)?
}

extension ReadScope {
    func explain(transaction id: Int64) throws -> Explanation {
        let statement = try db.cachedStatement(sql: "SELECT \(TransactionRow.columns) FROM transactions WHERE id = ?")
        guard let row = try Row.fetchOne(statement, arguments: [id]) else { throw CallError.noTransaction(id) }
        let count = try db.cachedStatement(sql: "SELECT count(*) FROM steps WHERE txn = ? AND state = 'confirmed'")
        let find = try db.cachedStatement(
            sql: """
                SELECT step, operation FROM steps WHERE txn = ? AND state IN ('undoing', 'parked')
                ORDER BY step DESC LIMIT 1
                """)
        let transaction = ExplainedTransaction(
            scope: self, row: try TransactionRow(row), confirmed: try Int64.fetchOne(count, arguments: [id]) ?? 0,
            undoing: try Row.fetchOne(find, arguments: [id]).map { ($0[0], $0[1]) })
        return try transaction.explained()
    }
}

extension ExplainedTransaction {
    static let sayings: [Saying<ExplainedTransaction>] = [
        { transaction in
            guard transaction.row.state != .committed else { return nil }
            return transaction.row.reason.map { "it was rolled back or parked because: \($0)" }
        },
        { $0.row.state == .active ? "\($0.row.steps.of("step")) written down, \($0.confirmed) confirmed" : nil },
        {
            guard $0.row.state == .rollingBack, let undoing = $0.undoing else { return nil }
            return "it waits for the undo of step \(undoing.step)"
                + (undoing.operation.map { ", operation \($0)" } ?? "")
        },
        {
            guard $0.row.state == .parked, let undoing = $0.undoing else { return nil }
            return "the undo of step \(undoing.step) used up its attempts"
        },
        { $0.row.state == .committed ? "\($0.row.steps.of("step")) done for good" : nil },
        { $0.row.state == .rolledBack ? "its steps are undone, the last first" : nil },
    ]

    func explained() throws -> Explanation {
        var explanation = Explanation(state: row.state.rawValue, why: try Self.sayings.said(of: self))
        switch row.state {
        case .active:
            explanation.next = System.Explain.Next(
                at: dueAt,
                what: row.onDeadline == .rollback
                    ? "its deadline passes, and it is rolled back" : "its deadline passes, and it is parked")
        case .rollingBack:
            guard let operation = undoing?.operation else { break }
            // What the undo waits for is what the transaction waits for.
            let undo = try scope.explain(operation: operation)
            explanation.why += undo.why.map { "operation \(operation): \($0)" }
            explanation.next = undo.next.map {
                System.Explain.Next(at: $0.at, what: "operation \(operation): \($0.what)")
            }
            explanation.hint = undo.hint
        case .parked: explanation.hint = "a person must decide: look at the undo that failed"
        case .committed, .rolledBack:
            explanation.next = dueAt.map { System.Explain.Next(at: $0, what: "it is forgotten") }
        }
        if let operation = undoing?.operation { explanation.see.append(.operation(operation)) }
        return explanation
    }

    private var dueAt: Int64? { row.dueMs.map(scope.now.wall(atElapsed:)) }
}
