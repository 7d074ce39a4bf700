import GRDB
import MendProtocol

extension Transaction.List: ReaderMethod {
    package func read(_ scope: ReadScope) throws -> Answer {
        let limit = Int(limit?.value ?? 100)
        let statement = try scope.db.cachedStatement(
            sql: """
                SELECT \(TransactionRow.columns) FROM transactions
                WHERE id < ?1 AND (?2 IS NULL OR state = ?2) ORDER BY id DESC LIMIT ?3
                """)
        let rows = try Row.fetchCursor(
            statement, arguments: [after ?? .max, state?.rawValue, limit + 1])
        var page = Page<TransactionInfo>(limit: limit, maxBytes: scope.settings.pageMaxBytes)
        while let row = try rows.next(), try page.take(try TransactionRow(row).info(now: scope.now)) {}
        return Answer(transactions: page.items, next: page.hasMore ? page.items.last?.transaction : nil)
    }
}
