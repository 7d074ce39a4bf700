import GRDB
import MendProtocol

extension Events.List: ReaderMethod {
    package func read(_ scope: ReadScope) throws -> Answer {
        let journal = try JournalSpan(scope.db)
        let isNewestFirst = newestFirst ?? false
        if !isNewestFirst { try journal.check(after) }
        var span = (after: journal.first - 1, through: journal.last)
        if let after {
            if isNewestFirst {
                span.through = min(span.through, after - 1)
            } else {
                span.after = max(span.after, after)
            }
        }
        try narrow(&span, scope.db)
        var page = Page<Event>(limit: Int(limit?.value ?? 100), maxBytes: scope.settings.pageMaxBytes)
        let seen = try filter.events(scope.db, after: span.after, through: span.through, newestFirst: isNewestFirst) {
            try isInTime($0.at) ? page.take($0) : true
        }
        return Answer(
            events: page.items, next: page.hasMore ? page.items.last?.event : seen, first: journal.first,
            last: journal.last, missed: isNewestFirst ? nil : after.flatMap { journal.missed(after: $0) })
    }

    /// The wall clock may have jumped, so numbers are not in the order of times: all in the span are looked at, in the
    /// index alone.
    private func narrow(_ span: inout (after: Int64, through: Int64), _ db: Database) throws {
        guard since != nil || until != nil else { return }
        let row = try Row.fetchOne(
            db.cachedStatement(sql: "SELECT min(event), max(event) FROM events WHERE at BETWEEN ? AND ?"),
            arguments: [since?.value ?? .min, until?.value ?? .max])
        span.after = max(span.after, (row?[0] as Int64? ?? .max) - 1)
        span.through = min(span.through, row?[1] as Int64? ?? .min)
    }

    private func isInTime(_ at: Int64) -> Bool {
        at >= since?.value ?? .min && at <= until?.value ?? .max
    }
}
