import MendProtocol

extension Transaction.Resume: WriterMethod {
    package func apply(_ call: CallContext) throws -> Reply<Answer> {
        let scope = call.scope
        var row = try scope.transaction(transaction)
        try row.checkOwned(by: call.caller)
        // Said again, it tells how far it is: the first answer may have been lost.
        if row.state == .rollingBack { return .now(Answer(row)) }
        guard row.state == .parked else { throw row.conflict("not parked") }
        row.state = .rollingBack
        try scope.journal(
            .transactionResumed, row, "the rollback of transaction \(transaction) goes on", by: call.caller)
        if let stuck = try scope.undoUnderWay(of: transaction) {
            try scope.setStep(stuck.step, of: transaction, to: .undoing)
            _ = try scope.revive(scope.operation(stuck.operation))
            try scope.save(row)
        } else {
            try scope.undoNext(of: row)
        }
        return .now(Answer(try scope.transaction(transaction)))
    }
}
