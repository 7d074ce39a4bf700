import GRDB
import MendProtocol

extension Transaction.Rollback: WaitingMethod {
    package var mayWait: Bool { (waitMs?.value ?? 0) > 0 }
}

extension Transaction.Rollback: WriterMethod {
    package func apply(_ call: CallContext) throws -> Reply<Answer> {
        try check(reason, atMost: 1024, field: "reason")
        let row = try call.scope.transaction(transaction)
        try row.checkOwned(by: call.caller)
        if let toStep {
            try rollBack(row, to: toStep, call)
        } else {
            try rollBack(row, call)
        }
        let transaction = transaction
        return try call.wait(forEndOf: .transaction(transaction), waitMs: waitMs?.value ?? 0, orNotAtAll: true) {
            scope, asItIs in
            let row = try scope.transaction(transaction)
            return asItIs || row.state != .rollingBack ? Answer(row) : nil
        }
    }

    /// Undoes all steps. Who calls says that they have ended: nothing waits for those that were never confirmed.
    private func rollBack(_ row: TransactionRow, _ call: CallContext) throws {
        var row = row
        switch row.state {
        case .committed: throw row.conflict("and cannot be rolled back")
        case .active: try call.scope.beginRollback(of: row, because: why(call), by: call.caller)
        case .rollingBack where row.savepoint != nil:
            try call.scope.undoAll(of: row, because: why(call), graceUntilMs: nil, by: call.caller)
        case .rollingBack where row.graceUntilMs != nil: try call.scope.endGrace(of: row)
        case .parked where row.savepoint != nil:
            row.savepoint = nil
            try call.scope.dropHeld(by: row.id)
            try call.scope.save(row)
        case .rollingBack, .parked, .rolledBack: break
        }
    }

    /// Undoes the steps after one of them, from where the transaction goes on.
    private func rollBack(_ row: TransactionRow, to step: Int64, _ call: CallContext) throws {
        var row = row
        guard (0...row.steps).contains(step) else {
            throw CallError(
                .notFound, "transaction \(row.id) has \(row.steps.of("step")); there is no step \(step)",
                field: "to_step")
        }
        switch (row.state, row.savepoint) {
        case (.active, _): try call.scope.beginRollback(of: row, because: why(call), to: step, by: call.caller)
        case (.rollingBack, let savepoint?):
            guard step < savepoint else { return }
            row.savepoint = step
            try call.scope.dropHeld(by: row.id, after: step)
            try call.scope.save(row)
        default: throw row.conflict("and ends as a whole", hint: "without to_step, rollback tells how far it is")
        }
    }

    private func why(_ call: CallContext) -> String { reason.map { call.scope.masked($0) } ?? "by call" }
}

extension Transaction.EndAnswer {
    init(_ row: TransactionRow) {
        self.init(state: row.state, steps: row.steps, reason: row.reason, incomplete: row.isIncomplete ? true : nil)
    }
}
