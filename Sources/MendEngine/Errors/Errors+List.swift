import GRDB
import MendProtocol

extension Errors.List: ReaderMethod {
    package func read(_ scope: ReadScope) throws -> Answer {
        let limit = Int(limit?.value ?? 100)
        let rows = try Row.fetchCursor(
            scope.db.cachedStatement(sql: group == nil ? Self.newest : Self.newestOfGroup),
            arguments: [
                after ?? .max, group, service, code, category?.rawValue, severity?.rawValue, since?.value, limit + 1,
            ])
        var page = Page<StoredReport>(limit: limit, maxBytes: scope.settings.pageMaxBytes)
        while let row = try rows.next(), try page.take(try StoredReport(row)) {}
        return Answer(errors: page.items, next: page.hasMore ? page.items.last?.error : nil)
    }

    // Two, so that one of them can use the index of groups.
    private static let newest = sql(whereGroup: "?2 IS NULL")
    private static let newestOfGroup = sql(whereGroup: "error_group = ?2")

    private static func sql(whereGroup: String) -> String {
        """
        SELECT \(StoredReport.columns) FROM errors
        WHERE id < ?1 AND \(whereGroup) AND (?3 IS NULL OR service = ?3) AND (?4 IS NULL OR code = ?4)
            AND (?5 IS NULL OR category = ?5) AND (?6 IS NULL OR severity = ?6) AND (?7 IS NULL OR reported_at >= ?7)
        ORDER BY id DESC LIMIT ?8
        """
    }
}
