import GRDB

/// What must hold of a state on disk, whatever has happened to it: looked at by `mendd verify`, and in every backup.
package enum StateCheck {
    /// More findings of one rule are not looked for.
    private static let maxFindings = 20

    /// Sentences that say what is wrong; none where all is as it must be.
    ///
    /// It reads the whole file once.
    package static func findings(_ db: Database) throws -> [String] {
        let damage = try String.fetchAll(db, sql: "PRAGMA integrity_check").filter { $0 != "ok" }
        // A file that is damaged answers anything to the questions below, and those are about tables as this version has them.
        guard damage.isEmpty, try Migrations.migrator.hasCompletedMigrations(db) else {
            return damage.map { "the file is damaged: \($0)" }
        }
        return try rules.flatMap { rule in
            try Array(String.fetchCursor(db, sql: rule).prefix(maxFindings))
        }
    }

    /// What would act with the daemon's statements in a file from elsewhere, and is not the daemon's.
    package static func strangers(_ db: Database) throws -> [String] {
        try String.fetchAll(
            db,
            sql: """
                SELECT 'the ' || type || ' ' || name || ' is none of mendd''s' FROM sqlite_master
                WHERE type IN ('trigger', 'view')
                """)
    }

    /// Each as a query for what breaks it, a row one sentence.
    private static let rules: [String] = [
        // The counts of a queue are what its limit and its figures go by.
        """
        WITH there (queue, state, n) AS (SELECT queue, state, count(*) FROM operations GROUP BY queue, state),
        told (queue, name, state, n) AS (
            SELECT id, name, 0, held FROM queues UNION ALL SELECT id, name, 1, scheduled FROM queues
            UNION ALL SELECT id, name, 2, ready FROM queues UNION ALL SELECT id, name, 3, parked FROM queues
            UNION ALL SELECT id, name, 4, leased FROM queues UNION ALL SELECT id, name, 5, done FROM queues
            UNION ALL SELECT id, name, 6, dead FROM queues UNION ALL SELECT id, name, 7, cancelled FROM queues
            UNION ALL SELECT id, name, 8, expired FROM queues)
        SELECT 'the queue ' || told.name || ' counts ' || told.n || ' operations in state ' || told.state || ', and has '
            || ifnull(there.n, 0)
        FROM told LEFT JOIN there USING (queue, state) WHERE told.n <> ifnull(there.n, 0)
        """,
        """
        SELECT 'operation ' || id || ' is in queue ' || queue || ', which is not there' FROM operations
        WHERE queue NOT IN (SELECT id FROM queues)
        """,
        """
        SELECT 'operation ' || id || ' is in the unknown state ' || state FROM operations WHERE state NOT BETWEEN 0 AND 8
        """,
        "SELECT 'operation ' || id || ' is leased without a lease' FROM operations WHERE state = 4 AND lease IS NULL",
        // What is behind the head of its lane waits for that one.
        """
        SELECT 'operation ' || id || ' waits for no time' FROM operations
        WHERE state = 1 AND due_at IS NULL AND lane_place IS NOT 1
        """,
        "SELECT 'operation ' || id || ' is held by nothing' FROM operations WHERE state = 0 AND held_by IS NULL",
        """
        SELECT 'operation ' || id || ' is held by transaction ' || held_by || ', which has ended or is not there'
        FROM operations WHERE state = 0 AND held_by NOT IN (
            SELECT id FROM transactions WHERE state IN ('active', 'rolling_back', 'parked'))
        """,
        // Ids are never given twice.
        """
        WITH given (what, last) AS (
            SELECT 'operation', max(operation, (SELECT ifnull(max(last_operation), 0) FROM queues)) FROM counters
            UNION ALL SELECT 'lease', max(lease, (SELECT ifnull(max(last_lease), 0) FROM queues)) FROM counters
            UNION ALL SELECT 'error', error FROM counters UNION ALL SELECT 'group', error_group FROM counters
            UNION ALL SELECT 'transaction', txn FROM counters UNION ALL SELECT 'event', event FROM counters
            UNION ALL SELECT 'queue', queue FROM counters UNION ALL SELECT 'owner', owner FROM counters
            UNION ALL SELECT 'kept answer', idempotency FROM counters),
        there (what, id) AS (
            SELECT 'operation', max(id) FROM operations UNION ALL SELECT 'lease', max(lease) FROM operations
            UNION ALL SELECT 'error', max(id) FROM errors UNION ALL SELECT 'group', max(id) FROM error_groups
            UNION ALL SELECT 'transaction', max(id) FROM transactions UNION ALL SELECT 'event', max(event) FROM events
            UNION ALL SELECT 'queue', max(id) FROM queues UNION ALL SELECT 'owner', max(id) FROM owners
            UNION ALL SELECT 'kept answer', max(id) FROM idempotency)
        SELECT 'the ' || what || ' ' || id || ' is there, and the last one given was ' || last
        FROM given JOIN there USING (what) WHERE id > last
        """,
        "SELECT 'the row of counters is there ' || count(*) || ' times' FROM counters HAVING count(*) <> 1",
        // A rollback goes by the steps.
        """
        SELECT 'step ' || step || ' is of transaction ' || txn || ', which is not there' FROM steps
        WHERE txn NOT IN (SELECT id FROM transactions)
        """,
        """
        SELECT 'transaction ' || id || ' has ' || there.n || ' steps, and counts ' || steps FROM transactions
        JOIN (SELECT txn, count(*) AS n FROM steps GROUP BY txn) AS there ON there.txn = id WHERE there.n <> steps
        """,
        """
        SELECT 'the undo of step ' || step || ' of transaction ' || txn || ' is operation ' || operation
            || ', which is not there'
        FROM steps WHERE state = 'undoing' AND operation NOT IN (SELECT id FROM operations)
        """,
        """
        SELECT 'report ' || id || ' is of group ' || error_group || ', which is not there' FROM errors
        WHERE error_group NOT IN (SELECT id FROM error_groups)
        """,
        """
        SELECT 'the settings of the queue ' || name || ' are no JSON' FROM queues
        WHERE settings IS NOT NULL AND NOT json_valid(settings)
        """,
        "SELECT 'what is kept of the breaker ' || name || ' is no JSON' FROM breakers WHERE NOT json_valid(snapshot)",
        "SELECT 'the details of report ' || id || ' are no JSON' FROM errors WHERE NOT json_valid(details)",
    ]
}
