import GRDB
import MendProtocol
import MendWire

/// A notable change on its way into the journal.
struct NewEvent {
    var kind: EventKind
    /// For people, without secrets.
    var message: String
    var operation: Int64?
    var queue: Name?
    var breaker: Name?
    var transaction: Int64?
    var error: Int64?
    var group: Int64?
    var correlation: Name?
    /// Who caused it; nobody where time did.
    var caller: Caller?
    /// A JSON object with what else there is to say.
    var details: String?

    init(_ kind: EventKind, _ message: String) {
        self.kind = kind
        self.message = message
    }

    /// About an operation.
    init(
        _ kind: EventKind, _ message: String, of operation: OperationRow, in queue: Name, error: Int64? = nil
    ) {
        self.init(kind, message)
        self.error = error
        self.operation = operation.id
        self.queue = queue
        transaction = operation.transaction
        correlation = operation.correlation
    }
}

extension Scope {
    /// Writes an event into the journal, in this transaction, with the next number.
    func journal(_ event: NewEvent) throws {
        let number = engine.counters.next(\.event)
        let statement = try db.cachedStatement(
            sql: """
                INSERT INTO events (event, at, kind, message, operation, queue, breaker, txn, error, error_group,
                    correlation, uid, pid, unit, details) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
                """)
        statement.setUncheckedArguments([
            number, now.wallMs, event.kind.rawValue, event.message, event.operation, event.queue?.text,
            event.breaker?.text, event.transaction, event.error, event.group, event.correlation?.text,
            event.caller?.uid, event.caller?.pid, event.caller?.unit, event.details,
        ])
        try statement.execute()
    }
}

extension Event {
    /// The columns of `events`, in the order in which `init` reads them.
    static let columns = """
        event, at, kind, message, operation, queue, breaker, txn, error, error_group, correlation, uid, pid, unit, details
        """

    init(_ row: Row) throws {
        self.init(event: row[0], at: row[1], kind: try stored(row[2]), message: row[3])
        operation = row[4]
        queue = (row[5] as String?).map(Name.init(unchecked:))
        breaker = (row[6] as String?).map(Name.init(unchecked:))
        transaction = row[7]
        error = row[8]
        group = row[9]
        correlation = (row[10] as String?).map(Name.init(unchecked:))
        uid = row[11]
        pid = row[12]
        unit = row[13]
        details = (row[14] as String?).map(RawJSON.init(unchecked:))
    }
}
