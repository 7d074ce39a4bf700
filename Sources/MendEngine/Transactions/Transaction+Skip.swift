import MendProtocol

extension Transaction.Skip: WriterMethod {
    package func apply(_ call: CallContext) throws -> Reply<Answer> {
        let scope = call.scope
        try check(reason, atMost: 1024, field: "reason")
        let row = try scope.transaction(transaction)
        guard row.state == .parked || row.state == .rollingBack else { throw row.conflict("and has no undo to skip") }
        guard let undo = try scope.undoUnderWay(of: transaction) else {
            throw row.conflict("and no undo of it is under way", hint: "transaction.resume begins with the next one")
        }
        // Said twice, it must not pass over the next one, which nobody has given up.
        guard step == undo.step || (step == nil && row.state == .parked) else {
            throw row.conflict(
                "and it is the undo of step \(undo.step) that is under way",
                hint: "to pass over that one, name it: step \(undo.step)")
        }
        try scope.setAside(undo, of: row)
        try scope.passOver(undo.step, of: row, reason.map { scope.masked($0) } ?? "by call", by: call.caller)
        return .now(Answer(try scope.transaction(transaction)))
    }
}
