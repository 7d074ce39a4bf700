import GRDB
import MendProtocol

/// Which numbers the journal holds.
struct JournalSpan {
    /// The lowest one that is kept; one more than `last` where none is.
    let first: Int64
    /// The highest one that was ever given.
    let last: Int64

    init(_ db: Database) throws {
        last = try Int64.fetchOne(db.cachedStatement(sql: "SELECT event FROM counters")) ?? 0
        first = try Int64.fetchOne(db.cachedStatement(sql: "SELECT min(event) FROM events")) ?? last + 1
    }

    /// What somebody who has read up to `after` can no longer read.
    func missed(after: Int64) -> MissedEvents? {
        after + 1 < first ? MissedEvents(from: max(0, after) + 1, to: first - 1) : nil
    }

    /// Refuses to go on after an event that never was: its reader would miss what comes until then.
    func check(_ after: Int64?) throws(CallError) {
        guard let after, after > last else { return }
        throw CallError(
            .invalidParams, "there is no event \(after) yet; the last one is \(last)", field: "after",
            hint: "numbers of another instance mean nothing here: compare system.hello")
    }
}
