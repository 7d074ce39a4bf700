import GRDB
import MendProtocol

extension Events.Follow: ReaderMethod {
    /// The number of the subscription is for the connection to give.
    package func read(_ scope: ReadScope) throws -> Answer {
        let journal = try JournalSpan(scope.db)
        try journal.check(after)
        return Answer(
            follow: 0, last: journal.last,
            snapshot: Snapshot(
                operations: try scope.operationCounts(), breakers: try Self.breakers(scope.db),
                transactions: try TransactionState.liveCounts(scope.db)))
    }

    /// From the disk and not from memory, so that it is what the events up to the last one have led to.
    private static func breakers(_ db: Database) throws -> [LiveBreaker] {
        let statement = try db.cachedStatement(
            sql: """
                SELECT name, snapshot ->> '$.state' AS state FROM breakers WHERE state <> 'closed' ORDER BY name LIMIT ?
                """)
        return try Row.fetchAll(statement, arguments: [Snapshot.maxBreakers]).map { row in
            LiveBreaker(breaker: Name(unchecked: row[0]), state: try stored(row[1]))
        }
    }
}

/// The next events for a follower.
package struct JournalPage: Sendable {
    package let events: [Event]
    /// Up to which number all has been looked at.
    package let through: Int64
    /// What is not kept any more.
    package let missed: MissedEvents?
}

extension Reader {
    private static let pageEvents = 100
    private static let pageBytes = 64 << 10

    /// What a follower that has come to `after` is told next.
    package func page(_ filter: EventFilter, after: Int64) throws(CallError) -> JournalPage {
        try reading { db in
            let journal = try JournalSpan(db)
            var page = Page<Event>(limit: Self.pageEvents, maxBytes: Self.pageBytes)
            let next = try filter.events(db, after: max(after, journal.first - 1), through: journal.last) {
                try page.take($0)
            }
            let through = page.hasMore ? page.items.last?.event : next
            return JournalPage(
                events: page.items, through: through ?? journal.last, missed: journal.missed(after: after))
        }
    }
}
