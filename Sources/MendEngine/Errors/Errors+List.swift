import GRDB
import MendProtocol

extension Errors.List: ReaderMethod {
    package func read(_ scope: ReadScope) throws -> Answer {
        let limit = Int(limit?.value ?? 100)
        let found = try ErrorSearch(filter).find(scope.db, after: after, oldestFirst: false, limit: limit)
        var page = Page<StoredReport>(limit: limit, maxBytes: scope.settings.pageMaxBytes)
        for id in found.ids {
            guard let report = try StoredReport.fetch(id, scope.db) else { continue }
            guard try page.take(report) else { break }
        }
        return Answer(errors: page.items, next: page.hasMore ? page.items.last?.error : found.next)
    }
}

extension StoredReport {
    static func fetch(_ id: Int64, _ db: Database) throws -> StoredReport? {
        let statement = try db.cachedStatement(sql: "SELECT \(StoredReport.columns) FROM errors WHERE id = ?")
        return try Row.fetchOne(statement, arguments: [id]).map(StoredReport.init)
    }
}
