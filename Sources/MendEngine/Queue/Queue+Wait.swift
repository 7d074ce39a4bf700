import GRDB
import MendProtocol
import MendWire

extension Queue.Wait: WaitingMethod {
    package var mayWait: Bool { waitMs?.value != 0 }
}

extension Queue.Wait: WriterMethod {
    package static var takesIdempotencyKey: Bool { false }

    package func apply(_ call: CallContext) throws -> Reply<Answer> {
        let (operation, caller) = (operation, call.caller)
        return try call.wait(forEndOf: .operation(operation), waitMs: waitMs?.value ?? CallContext.waitMs) {
            scope, asItIs in
            let answer = try scope.end(of: operation, for: caller)
            return asItIs || !answer.state.isLive ? answer : nil
        }
    }
}

extension Scope {
    fileprivate func end(of operation: Int64, for caller: Caller) throws -> Queue.Wait.Answer {
        let statement = try db.cachedStatement(
            sql: "SELECT state, uid, last_error, result, queue FROM operations WHERE id = ?")
        guard let row = try Row.fetchOne(statement, arguments: [operation]) else {
            throw CallError.noOperation(operation)
        }
        let sealed: String? = caller.owns(row[1]) ? row[3] : nil
        let result = try sealed.map { sealed in
            let text = try engine.settings.payloads.text(sealed, at: PayloadStore.result(of: operation))
            engine.answerBytes += text.utf8.count
            return RawJSON(unchecked: text)
        }
        let breaker = try queue(id: row[4]).settings.breaker
        let state = try OperationState(stored: row[0]).shown(behind: breaker, engine.breakers)
        return Queue.Wait.Answer(state: state, result: result, lastError: row[2])
    }
}
