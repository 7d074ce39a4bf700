import GRDB
import MendProtocol

extension Errors.Get: WriterMethod {
    package func apply(_ call: CallContext) throws -> Reply<Answer> {
        let statement = try call.db.cachedStatement(sql: "SELECT \(StoredReport.columns) FROM errors WHERE id = ?")
        guard let row = try Row.fetchOne(statement, arguments: [error]) else {
            throw CallError.noError(error)
        }
        return .now(try StoredReport(row))
    }
}

extension CallError {
    static func noError(_ id: Int64) -> CallError {
        CallError(
            .notFound, "there is no error \(id)", field: "error",
            hint: "reports are forgotten after a time; see error.list")
    }
}
