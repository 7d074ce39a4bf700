import GRDB
import MendProtocol

extension Transaction.Get: ReaderMethod {
    package func read(_ scope: ReadScope) throws -> Answer {
        let find = try scope.db.cachedStatement(
            sql: "SELECT \(TransactionRow.columns) FROM transactions WHERE id = ?")
        guard let row = try Row.fetchOne(find, arguments: [transaction]).map(TransactionRow.init) else {
            throw CallError.noTransaction(transaction)
        }
        let statement = try scope.db.cachedStatement(
            sql: "SELECT step, name, state, uncertain, queue, operation FROM steps WHERE txn = ? ORDER BY step")
        let steps = try Row.fetchAll(statement, arguments: [transaction]).map { row in
            StepInfo(
                step: row[0], name: row[1], state: try stored(row[2]), uncertain: row[3],
                queue: (row[4] as String?).map(Name.init(unchecked:)), operation: row[5])
        }
        return Answer(info: row.info(now: scope.now), steps: steps)
    }
}
