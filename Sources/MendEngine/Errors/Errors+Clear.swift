import GRDB
import MendProtocol

extension Errors.Clear: WriterMethod {
    private static let usualLimit: Int64 = 100

    package func apply(_ call: CallContext) throws -> Reply<Answer> {
        guard filter != ErrorFilter() else {
            throw CallError(
                .invalidParams, "nothing says which reports are to be forgotten", field: "until_at",
                hint: "until_at with the time now means all there are")
        }
        let limit = Int(limit?.value ?? Self.usualLimit)
        let found = try ErrorSearch(filter).find(
            call.db, after: after, oldestFirst: true, limit: limit, countsFurther: true)
        try call.scope.forget(errors: found.ids)
        return .now(Answer(cleared: Int64(found.ids.count), remaining: found.further, next: found.next))
    }
}

extension Scope {
    /// Forgets reports, and groups with their last one.
    func forget(errors: [Int64]) throws {
        guard !errors.isEmpty else { return }
        // What came with this batch has not been indexed yet.
        try engine.flushHistory(db, now: now)
        let statement = try db.cachedStatement(
            sql: "DELETE FROM errors WHERE id = ? RETURNING \(IndexedError.columns)")
        var groups: Set<Int64> = []
        for id in errors {
            guard let row = try Row.fetchOne(statement, arguments: [id]) else { continue }
            groups.insert(row[0])
            try IndexedError.takeBack(row, db)
        }
        for group in groups.sorted() { try forgetGroup(ifWithoutReports: group) }
    }
}
