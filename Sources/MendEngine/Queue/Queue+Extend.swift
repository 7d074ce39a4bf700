import GRDB
import MendProtocol

extension Queue.Extend: WriterMethod {
    package func apply(_ call: CallContext) throws -> Reply<Answer> {
        let scope = call.scope
        let held = try scope.leased(operation, lease: lease, by: call.caller)
        let untilMs = call.now.elapsedMs + (leaseMs?.value ?? held.leaseMs ?? call.engine.settings.leaseMs)
        let statement = try call.db.cachedStatement(sql: "UPDATE operations SET due_at = ? WHERE id = ?")
        try statement.execute(arguments: [untilMs, operation])
        call.engine.note(dueAt: untilMs)
        if let token = held.held { scope.adopt(token, by: call.ticket) }
        return .now(Answer(leaseUntilAt: call.now.wall(atElapsed: untilMs)))
    }
}
