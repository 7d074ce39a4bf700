import GRDB

/// The durable counters that ids come from, and the time base: the one row of `counters`, and what was added since to
/// the rows of queues.
///
/// Ids are taken in memory and written once a batch, in its transaction: an id is on disk when its answer is sent, and is
/// never given twice. Most batches take only operations and leases, whose queues' rows are written anyway: they carry
/// these, and the row of counters, a page of its own, is spared.
struct Counters: Equatable {
    var operation: Int64
    var lease: Int64
    var error: Int64
    var errorGroup: Int64
    var transaction: Int64
    var queue: Int64
    /// The first permit that is not yet set aside for a run of the daemon.
    var permit: Int64
    /// Reports ever taken.
    var reports: Int64
    /// The last event's number.
    var event: Int64
    var owner: Int64
    /// The last answer that was kept for its idempotency key.
    var idempotency: Int64

    mutating func next(_ counter: WritableKeyPath<Counters, Int64>) -> Int64 {
        self[keyPath: counter] += 1
        return self[keyPath: counter]
    }

    /// How many numbers a restored backup leaves out.
    static let leftOut: Int64 = 1 << 32

    /// Groups ever made.
    var groups: Int64 { errorGroup % Self.leftOut }

    /// Leaves out what may have been given out since a backup was made: four billion of each. Numbers of events go on
    /// without a gap: who reads them is told by the instance that they are others.
    mutating func jump() {
        for counter in [
            \.operation, \.lease, \.error, \.errorGroup, \.transaction, \.permit,
        ] as [WritableKeyPath<Counters, Int64>] {
            self[keyPath: counter] += Self.leftOut
        }
    }

    /// Whether the rows of queues say all that has changed since.
    func differsOnlyInQueues(from written: Counters) -> Bool {
        var other = written
        other.operation = operation
        other.lease = lease
        return self == other
    }

    static func read(_ db: Database) throws -> Counters {
        guard
            let row = try Row.fetchOne(db, sql: "SELECT * FROM counters"),
            let queues = try Row.fetchOne(
                db, sql: "SELECT ifnull(max(last_operation), 0), ifnull(max(last_lease), 0) FROM queues")
        else { throw missingRow }
        return Counters(
            operation: max(row["operation"], queues[0]), lease: max(row["lease"], queues[1]), error: row["error"],
            errorGroup: row["error_group"],
            transaction: row["txn"], queue: row["queue"], permit: row["permit"], reports: row["reports"],
            event: row["event"], owner: row["owner"], idempotency: row["idempotency"])
    }

    static let missingRow = DatabaseError(resultCode: .SQLITE_CORRUPT, message: "the row of counters is missing")

    /// The last moment that was written.
    static func readMoment(_ db: Database) throws -> Moment {
        let row = try Row.fetchOne(
            db,
            sql: """
                SELECT last_wall, last_elapsed FROM counters UNION ALL SELECT last_wall, last_elapsed FROM queues
                ORDER BY last_elapsed DESC LIMIT 1
                """)
        guard let row else {
            throw missingRow
        }
        return Moment(wallMs: row[0], elapsedMs: row[1])
    }

    /// Writes the counters together with the moment up to which they are true.
    func write(_ db: Database, at moment: Moment) throws {
        try db.cachedStatement(
            sql: """
                UPDATE counters SET operation = ?, lease = ?, error = ?, error_group = ?, txn = ?, queue = ?, permit = ?,
                    reports = ?, event = ?, owner = ?, idempotency = ?, last_wall = ?, last_elapsed = ?
                """
        ).execute(arguments: [
            operation, lease, error, errorGroup, transaction, queue, permit, reports, event, owner,
            idempotency,
            moment.wallMs, moment.elapsedMs,
        ])
    }
}
