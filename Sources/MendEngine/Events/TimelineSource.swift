import GRDB
import MendProtocol

/// One kind of thing that a timeline joins, with the indexes by which it is read.
///
/// Of a span of time, operations and transactions are told by their events: there may be millions of them, and no index
/// has them by time, which would cost every enqueue.
struct TimelineSource {
    struct Found {
        let position: TimelinePosition
        let entry: TimelineEntry
    }

    /// The columns and tables; the first two columns are the time and the id.
    let select: String
    let ofCorrelation: String
    /// Nothing where it is not read by time.
    let ofTime: String?
    let order: String
    /// Among which ids those of a correlation are looked for, where there may be very many.
    var ids: (@Sendable (Database, Name, TimelineSpan, _ rank: Int64) throws -> ClosedRange<Int64>)?
    let entry: @Sendable (Row) throws -> TimelineEntry

    /// At one time, in this order: what came in, what became of it, what ended.
    static let all = [enqueued, begun, reported, journaled, operationEnded]

    func entries(_ db: Database, _ span: TimelineSpan, rank: Int64) throws -> [Found] {
        guard let found = span.correlation == nil ? ofTime : ofCorrelation else { return [] }
        let statement = try db.cachedStatement(sql: select + found + order)
        var range: ClosedRange<Int64>?
        if let ids, let correlation = span.correlation { range = try ids(db, correlation, span, rank) }
        return try Row.fetchAll(statement, arguments: span.arguments(rank: rank, ids: range)).map { row in
            Found(position: TimelinePosition(at: row[0], rank: rank, id: row[1]), entry: try entry(row))
        }
    }

    private static let reported = TimelineSource(
        select: """
            SELECT reported_at, id, message, severity, error_group, service, uid, correlation FROM errors
            """,
        ofCorrelation: " INDEXED BY errors_correlation WHERE correlation = ? AND id BETWEEN ? AND ? AND",
        ofTime: " INDEXED BY errors_reported_at WHERE",
        order: " reported_at BETWEEN ? AND ? AND (reported_at, id) > (?, ?) ORDER BY reported_at, id LIMIT ?",
        ids: TimelineSpan.idsOfReports
    ) { row in
        let service: String = row[5]
        let message: String = row[2]
        var entry = TimelineEntry(at: row[0], kind: "error.reported", message: "\(service): \(message)")
        entry.error = row[1]
        entry.severity = try stored(row[3])
        entry.group = row[4]
        entry.uid = row[6]
        entry.correlation = row.name(7)
        return entry
    }

    private static let journaled = TimelineSource(
        select: """
            SELECT at, event, kind, message, operation, queue, breaker, txn, error, error_group, correlation, uid FROM events
            """,
        ofCorrelation: " INDEXED BY events_correlation WHERE correlation = ? AND",
        ofTime: " INDEXED BY events_at WHERE",
        order: " at BETWEEN ? AND ? AND (at, event) > (?, ?) ORDER BY at, event LIMIT ?"
    ) { row in
        var entry = TimelineEntry(at: row[0], kind: row[2], message: row[3])
        entry.event = row[1]
        entry.operation = row[4]
        entry.queue = row.name(5)
        entry.breaker = row.name(6)
        entry.transaction = row[7]
        entry.error = row[8]
        entry.group = row[9]
        entry.correlation = row.name(10)
        entry.uid = row[11]
        return entry
    }

    private static let enqueued = TimelineSource(
        select: """
            SELECT enqueued_at, o.id, q.name, o.txn, o.uid, o.correlation FROM operations o
            """,
        ofCorrelation: " INDEXED BY operations_correlation JOIN queues q ON q.id = o.queue WHERE o.correlation = ? AND",
        ofTime: nil,
        order: " enqueued_at BETWEEN ? AND ? AND (enqueued_at, o.id) > (?, ?) ORDER BY enqueued_at, o.id LIMIT ?"
    ) { row in
        operation(row, "operation.enqueued", "operation \(row[1] as Int64) was put on \(row[2] as String)")
    }

    /// Dead ones have their event.
    private static let operationEnded = TimelineSource(
        select: """
            SELECT ended_at, o.id, q.name, o.txn, o.uid, o.correlation, o.state, o.attempt FROM operations o
            """,
        ofCorrelation: " INDEXED BY operations_correlation JOIN queues q ON q.id = o.queue WHERE o.correlation = ? AND",
        ofTime: nil,
        order: """
             o.state <> 6 AND ended_at BETWEEN ? AND ? AND (ended_at, o.id) > (?, ?) ORDER BY ended_at, o.id LIMIT ?
            """
    ) { row in
        let state = try OperationState(stored: row[6]).rawValue
        let attempts: Int64 = row[7]
        let how = state == OperationState.done.rawValue && attempts > 1 ? " at attempt \(attempts)" : ""
        return operation(row, "operation.\(state)", "operation \(row[1] as Int64) is \(state)\(how)")
    }

    private static func operation(_ row: Row, _ kind: String, _ message: String) -> TimelineEntry {
        var entry = TimelineEntry(at: row[0], kind: kind, message: message)
        entry.operation = row[1]
        entry.queue = row.name(2)
        entry.transaction = row[3]
        entry.uid = row[4]
        entry.correlation = row.name(5)
        return entry
    }

    private static let begun = TimelineSource(
        select: """
            SELECT begun_at, id, name, uid, correlation FROM transactions
            """,
        ofCorrelation: " INDEXED BY transactions_correlation WHERE correlation = ? AND", ofTime: nil,
        order: " begun_at BETWEEN ? AND ? AND (begun_at, id) > (?, ?) ORDER BY begun_at, id LIMIT ?"
    ) { row in
        transaction(row, "transaction.begun", "transaction \(row[1] as Int64), \(row[2] as String), was begun")
    }

    private static func transaction(_ row: Row, _ kind: String, _ message: String) -> TimelineEntry {
        var entry = TimelineEntry(at: row[0], kind: kind, message: message)
        entry.transaction = row[1]
        entry.uid = row[3]
        entry.correlation = row.name(4)
        return entry
    }
}

extension Row {
    /// A name as it was stored.
    func name(_ index: Int) -> Name? { (self[index] as String?).map(Name.init(unchecked:)) }
}
