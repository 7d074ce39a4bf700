import GRDB
import MendProtocol

extension Transaction.Get: WriterMethod {
    package static var takesIdempotencyKey: Bool { false }

    package func apply(_ call: CallContext) throws -> Reply<Answer> {
        let row = try call.scope.transaction(transaction)
        let statement = try call.db.cachedStatement(
            sql: "SELECT step, name, state, uncertain, queue, operation FROM steps WHERE txn = ? ORDER BY step")
        let steps = try Row.fetchAll(statement, arguments: [transaction]).map { row in
            StepInfo(
                step: row[0], name: row[1], state: try stored(row[2]), uncertain: row[3],
                queue: (row[4] as String?).map(Name.init(unchecked:)), operation: row[5])
        }
        return .now(Answer(info: row.info(now: call.now), steps: steps))
    }
}
