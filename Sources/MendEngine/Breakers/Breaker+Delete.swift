import GRDB
import MendProtocol

extension Breaker.Delete: WriterMethod {
    package func apply(_ call: CallContext) throws -> Reply<Answer> {
        let table = call.engine.breakers
        switch (breaker, pattern) {
        case (let breaker?, nil):
            let change = try table.delete(breaker, by: call.caller, isDryRun: call.isDryRun, now: call.now)
            let abandoned = try call.keep(change)
            if !call.isDryRun {
                try call.db.cachedStatement(sql: "DELETE FROM breakers WHERE name = ?")
                    .execute(arguments: [breaker.text])
                try call.scope.breakerChanged(breaker)
            }
            return .now(Answer(abandoned: abandoned))
        case (nil, let pattern?):
            try call.keep(try table.delete(pattern, isDryRun: call.isDryRun, now: call.now))
            if !call.isDryRun { try PatternRow(pattern: pattern, said: nil).save(call.db) }
            return .now(Answer(abandoned: 0))
        default: throw CallError.breakerOrPattern
        }
    }
}
