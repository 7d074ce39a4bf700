import MendProtocol

extension Queue.Cancel: WriterMethod {
    package func apply(_ call: CallContext) throws -> Reply<Answer> {
        let row = try call.scope.operation(operation)
        try row.checkOwned(by: call.caller)
        try row.checkIsNoUndo()
        if row.state == .cancelled { return .now(Answer(state: .cancelled)) }
        guard row.state.isLive || row.state == .dead else {
            throw CallError(
                .conflict, "operation \(operation) is \(row.state.rawValue) and can no longer be cancelled",
                field: "operation")
        }
        try call.scope.end(row, as: .cancelled)
        return .now(Answer(state: .cancelled))
    }
}
