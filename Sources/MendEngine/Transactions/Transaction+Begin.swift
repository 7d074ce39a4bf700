import GRDB
import MendProtocol

extension Transaction.Begin: HoldingMethod {}

extension Transaction.Begin: WriterMethod {
    package static var bringsNewWork: Bool { true }

    package func apply(_ call: CallContext) throws -> Reply<Answer> {
        let timeoutMs = timeoutMs?.value ?? call.engine.settings.transactionTimeoutMs
        let deadlineMs = call.now.elapsedMs + timeoutMs
        let id = call.engine.counters.next(\.transaction)
        let statement = try call.db.cachedStatement(
            sql: """
                INSERT INTO transactions (id, name, state, uid, begun_at, due_at, deadline_at, on_deadline, owner,
                    step_grace_ms, correlation) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
                """)
        try statement.execute(arguments: [
            id, transactionName.text, TransactionState.active.rawValue, call.caller.uid, call.now.wallMs, deadlineMs,
            deadlineMs, (onDeadline ?? .rollback).rawValue, try call.scope.ownerID(call.owner),
            stepGraceMs?.value ?? call.engine.settings.stepGraceMs, call.meta.correlation?.text,
        ])
        call.scope.attach(.transaction(id), to: call.owner)
        call.engine.note(dueAt: deadlineMs)
        var answer = Answer(transaction: id, deadlineAt: call.now.wall(atElapsed: deadlineMs))
        let undos = Name(unchecked: "undo.\(call.caller.uid)")
        // Who has never used it may not mean to.
        if try call.scope.queue(undos) != nil, let warning = try call.scope.warning(ofUndosOn: undos) {
            answer.warnings = [warning]
        }
        return .now(answer)
    }
}
