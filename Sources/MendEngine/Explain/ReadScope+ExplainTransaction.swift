import GRDB
import MendProtocol

/// A transaction with the step at which it is, for those who ask what it waits for.
struct ExplainedTransaction {
    let scope: ReadScope
    let row: TransactionRow
    let steps: [StepState: Int64]
    /// The step that is being undone, or whose undo failed, and its operation.
    let undoing: (step: Int64, operation: Int64?)?
    /// When a timer looks at it next, by the wall clock.
    let dueAt: Int64?

    /// `2 steps`; nothing where there are none in that state.
    func steps(_ state: StepState) -> String? { steps[state].map { $0.of("step") } }
}

extension ReadScope {
    func explain(transaction id: Int64) throws -> Explanation {
        let statement = try db.cachedStatement(
            sql: "SELECT \(TransactionRow.columns), due_at FROM transactions WHERE id = ?")
        guard let row = try Row.fetchOne(statement, arguments: [id]) else { throw CallError.noTransaction(id) }
        let count = try db.cachedStatement(sql: "SELECT state, count(*) FROM steps WHERE txn = ? GROUP BY state")
        let find = try db.cachedStatement(
            sql: """
                SELECT step, operation FROM steps WHERE txn = ? AND state IN ('undoing', 'parked')
                ORDER BY step DESC LIMIT 1
                """)
        var steps: [StepState: Int64] = [:]
        for counted in try Row.fetchAll(count, arguments: [id]) { steps[try stored(counted[0])] = counted[1] }
        let transaction = ExplainedTransaction(
            scope: self, row: try TransactionRow(row), steps: steps,
            undoing: try Row.fetchOne(find, arguments: [id]).map { ($0[0], $0[1]) },
            dueAt: (row["due_at"] as Int64?).map(now.wall(atElapsed:)))
        return try transaction.explained()
    }
}

extension ExplainedTransaction {
    static let sayings: [Saying<ExplainedTransaction>] = [
        { transaction in
            guard transaction.row.state != .committed else { return nil }
            let ended =
                transaction.row.state == .rolledBack && transaction.row.isIncomplete ? ", or ended by hand," : ""
            return transaction.row.reason.map { "it was rolled back or parked\(ended) because: \($0)" }
        },
        {
            guard $0.row.state == .active else { return nil }
            return "\($0.row.steps.of("step")) written down, \($0.steps[.confirmed] ?? 0) confirmed"
        },
        {
            guard $0.row.state == .active, let owner = try $0.scope.owner($0.row.owner) else { return nil }
            return "it is tied to \(owner): when that ends, it is \($0.atDeadline)"
        },
        {
            guard $0.row.state == .rollingBack, let undoing = $0.undoing else { return nil }
            return "it waits for the undo of step \(undoing.step)"
                + (undoing.operation.map { ", operation \($0)" } ?? "")
        },
        {
            guard $0.row.state == .rollingBack, $0.undoing == nil, $0.row.graceUntilMs != nil else { return nil }
            return "a step of it was never confirmed, and may still be under way: that is waited for"
        },
        {
            guard $0.row.state == .parked, let undoing = $0.undoing else { return nil }
            return "the undo of step \(undoing.step) used up its attempts"
        },
        { $0.row.state == .parked && $0.undoing == nil ? "none of its undos has failed: none is under way" : nil },
        { $0.row.state == .committed ? $0.steps(.confirmed).map { "\($0) done for good" } : nil },
        { $0.row.state == .rolledBack && !$0.row.isIncomplete ? "its steps are undone, the last first" : nil },
        { $0.row.state != .rolledBack || $0.row.isIncomplete ? $0.steps(.undone).map { "\($0) undone" } : nil },
        { $0.steps(.skipped).map { "\($0) passed over: what was to undo them did not run" } },
        { $0.steps(.passed).map { "\($0) without an undo" } },
    ]

    func explained() throws -> Explanation {
        var explanation = Explanation(state: row.state.rawValue, why: try Self.sayings.said(of: self))
        switch row.state {
        case .active:
            explanation.next = System.Explain.Next(at: dueAt, what: "its deadline passes, and it is \(atDeadline)")
        case .rollingBack: try explainRollback(&explanation)
        case .parked where undoing != nil:
            explanation.hint =
                "transaction.resume tries the undo again; an operator can go on without it by transaction.skip, or end "
                + "all of it by hand with transaction.resolve"
        case .parked:
            explanation.hint =
                "transaction.resume undoes its steps; an operator can end it by hand with transaction.resolve"
        case .committed, .rolledBack:
            explanation.next = dueAt.map { System.Explain.Next(at: $0, what: "it is forgotten") }
        }
        if let operation = undoing?.operation { explanation.see.append(.operation(operation)) }
        return explanation
    }

    private func explainRollback(_ explanation: inout Explanation) throws {
        guard let operation = undoing?.operation else {
            explanation.next = row.graceUntilMs.map {
                System.Explain.Next(at: scope.now.wall(atElapsed: $0), what: "its steps are undone")
            }
            explanation.hint = "transaction.rollback, said again without to_step, waits no longer"
            return
        }
        // What the undo waits for is what the transaction waits for.
        let undo = try scope.explain(operation: operation)
        explanation.why += undo.why.map { "operation \(operation): \($0)" }
        explanation.next = undo.next.map {
            System.Explain.Next(at: $0.at, what: "operation \(operation): \($0.what)")
        }
        explanation.hint = undo.hint
        // While a worker is at it, neither is taken.
        if undo.hint == nil, undo.state != OperationState.leased.rawValue {
            explanation.hint =
                "an operator can go on without this undo by transaction.skip, or end all of it by hand with "
                + "transaction.resolve"
        }
    }

    private var atDeadline: String { row.onDeadline == .rollback ? "rolled back" : "parked" }
}
