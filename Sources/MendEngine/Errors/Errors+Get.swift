import GRDB
import MendProtocol

extension Errors.Get: ReaderMethod {
    package func read(_ scope: ReadScope) throws -> Answer {
        let statement = try scope.db.cachedStatement(sql: "SELECT \(StoredReport.columns) FROM errors WHERE id = ?")
        guard let row = try Row.fetchOne(statement, arguments: [error]) else {
            throw CallError.noError(error)
        }
        return try StoredReport(row)
    }
}

extension CallError {
    static func noError(_ id: Int64) -> CallError {
        CallError(
            .notFound, "there is no error \(id)", field: "error",
            hint: "reports are forgotten after a time; see error.list")
    }
}
