import GRDB
import MendProtocol

extension EventFilter {
    /// Events that are looked at before a page ends without being full: what nobody wants is passed over in bounded time.
    private static let scanLimit: Int64 = 20_000

    /// Hands out the events in a span of numbers that fit, until `take` wants no more.
    ///
    /// - Returns: where the next page begins, if not all of the span was looked at though `take` wanted more.
    func events(
        _ db: Database, after: Int64, through: Int64, newestFirst: Bool = false, _ take: (Event) throws -> Bool
    ) throws -> Int64? {
        guard after < through else { return nil }
        let index = index
        var (low, high) = (after, through)
        if index == nil, high - low > Self.scanLimit {
            if newestFirst { low = high - Self.scanLimit } else { high = low + Self.scanLimit }
        }
        let found = index?.clause ?? "WHERE event > ? AND event <= ?"
        let order = newestFirst ? " ORDER BY event DESC" : " ORDER BY event"
        let rows = try Row.fetchCursor(
            db.cachedStatement(sql: "SELECT \(Event.columns) FROM events " + found + order),
            arguments: [low, high] + (index.map { [$0.value] } ?? []))
        while let row = try rows.next() {
            let event = try Event(row)
            if matches(event), try !take(event) { return nil }
        }
        if newestFirst { return low > after ? low + 1 : nil }
        return high < through ? high : nil
    }

    func matches(_ event: Event) -> Bool {
        func fits<Value: Equatable>(_ wanted: Value?, _ value: Value?) -> Bool { wanted == nil || wanted == value }
        return fits(operation, event.operation) && fits(queue, event.queue) && fits(breaker, event.breaker)
            && fits(transaction, event.transaction) && fits(group, event.group) && fits(uid, event.uid)
            && fits(correlation, event.correlation) && kinds?.contains { $0.matches(event.kind) } ?? true
    }

    /// The index that leaves the fewest events to look at, and what is looked for in it.
    private var index: (clause: String, value: any DatabaseValueConvertible)? {
        if let operation {
            return ("INDEXED BY events_operation WHERE event > ? AND event <= ? AND operation = ?", operation)
        }
        if let transaction { return ("INDEXED BY events_txn WHERE event > ? AND event <= ? AND txn = ?", transaction) }
        if let correlation {
            return (
                "INDEXED BY events_correlation WHERE event > ? AND event <= ? AND correlation = ?", correlation.text
            )
        }
        if let breaker {
            return ("INDEXED BY events_breaker WHERE event > ? AND event <= ? AND breaker = ?", breaker.text)
        }
        return nil
    }
}
