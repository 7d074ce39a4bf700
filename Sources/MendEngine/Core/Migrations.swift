import GRDB

/// The shape of the state on disk. Entries are only ever appended; none is ever changed.
enum Migrations {
    static let all: [(name: String, sql: String)] = [
        ("1-main-job", mainJob), ("2-journal", journal), ("3-queue-depth", queueDepth),
        ("4-transaction-depth", transactionDepth), ("5-storms", storms), ("6-breaker-depth", breakerDepth),
        ("7-counters-of-queues", countersOfQueues), ("8-groups", groups), ("9-statistics", statistics),
        ("9-history", history), ("11-packed-hours", packedHours),
    ]

    static var migrator: DatabaseMigrator {
        var migrator = DatabaseMigrator()
        for migration in all {
            migrator.registerMigration(migration.name, foreignKeyChecks: .immediate) { db in
                try db.execute(sql: migration.sql)
            }
        }
        return migrator
    }

    // States are the numbers of `StateCode`: 0 held, 1 scheduled, 2 ready, 3 parked, 4 leased, 5 done, 6 dead,
    // 7 cancelled, 8 expired. `due_at` is elapsed time and says when a timer must look at the row next: a scheduled
    // operation becomes ready, a lease ends, an ended one is forgotten.
    private static let mainJob = """
        CREATE TABLE counters (
            instance TEXT NOT NULL,
            boot_id TEXT NOT NULL, base_offset INTEGER NOT NULL,
            last_wall INTEGER NOT NULL, last_elapsed INTEGER NOT NULL,
            operation INTEGER NOT NULL DEFAULT 0, lease INTEGER NOT NULL DEFAULT 0,
            error INTEGER NOT NULL DEFAULT 0, error_group INTEGER NOT NULL DEFAULT 0,
            txn INTEGER NOT NULL DEFAULT 0, queue INTEGER NOT NULL DEFAULT 0,
            permit INTEGER NOT NULL DEFAULT 0, reports INTEGER NOT NULL DEFAULT 0
        ) STRICT;

        CREATE TABLE queues (
            id INTEGER PRIMARY KEY,
            name TEXT NOT NULL UNIQUE,
            paused INTEGER NOT NULL DEFAULT 0,
            max_size INTEGER,
            held INTEGER NOT NULL DEFAULT 0, scheduled INTEGER NOT NULL DEFAULT 0, ready INTEGER NOT NULL DEFAULT 0,
            parked INTEGER NOT NULL DEFAULT 0, leased INTEGER NOT NULL DEFAULT 0, done INTEGER NOT NULL DEFAULT 0,
            dead INTEGER NOT NULL DEFAULT 0, cancelled INTEGER NOT NULL DEFAULT 0, expired INTEGER NOT NULL DEFAULT 0
        ) STRICT;

        CREATE TABLE operations (
            id INTEGER PRIMARY KEY,
            queue INTEGER NOT NULL,
            state INTEGER NOT NULL,
            priority INTEGER NOT NULL,
            due_at INTEGER,
            uid INTEGER NOT NULL,
            attempt INTEGER NOT NULL DEFAULT 0,
            max_attempts INTEGER NOT NULL,
            enqueued_at INTEGER NOT NULL,
            run_at INTEGER,
            key TEXT,
            policy TEXT,
            lease INTEGER,
            lease_uid INTEGER,
            lease_ms INTEGER,
            worker TEXT,
            failing_since INTEGER,
            last_delay_ms INTEGER,
            last_error INTEGER,
            last_message TEXT,
            ended_at INTEGER,
            txn INTEGER,
            step INTEGER,
            correlation TEXT,
            traceparent TEXT,
            payload TEXT NOT NULL,
            result TEXT
        ) STRICT;
        CREATE INDEX operations_ready ON operations(queue, priority, id) WHERE state = 2;
        CREATE INDEX operations_due ON operations(due_at) WHERE due_at IS NOT NULL;
        CREATE INDEX operations_dead ON operations(queue, id) WHERE state = 6;
        CREATE UNIQUE INDEX operations_key ON operations(queue, key) WHERE key IS NOT NULL AND state <= 4;
        CREATE INDEX operations_run_at ON operations(run_at) WHERE run_at IS NOT NULL AND state = 1;

        CREATE TABLE error_groups (
            id INTEGER PRIMARY KEY,
            fingerprint TEXT NOT NULL UNIQUE,
            service TEXT NOT NULL,
            title TEXT NOT NULL,
            occurrences INTEGER NOT NULL,
            first_seen_at INTEGER NOT NULL,
            last_seen_at INTEGER NOT NULL
        ) STRICT;

        CREATE TABLE errors (
            id INTEGER PRIMARY KEY,
            error_group INTEGER NOT NULL,
            occurred_at INTEGER NOT NULL,
            reported_at INTEGER NOT NULL,
            service TEXT NOT NULL,
            message TEXT NOT NULL,
            code TEXT,
            type TEXT,
            task TEXT,
            category TEXT NOT NULL,
            severity TEXT NOT NULL,
            strategy TEXT NOT NULL,
            why TEXT NOT NULL,
            uid INTEGER NOT NULL,
            pid INTEGER NOT NULL,
            command TEXT,
            unit TEXT,
            details TEXT NOT NULL
        ) STRICT;
        CREATE INDEX errors_group ON errors(error_group, id);

        CREATE TABLE breakers (
            name TEXT PRIMARY KEY,
            snapshot TEXT NOT NULL
        ) STRICT, WITHOUT ROWID;

        CREATE TABLE transactions (
            id INTEGER PRIMARY KEY,
            name TEXT NOT NULL,
            state TEXT NOT NULL,
            uid INTEGER NOT NULL,
            steps INTEGER NOT NULL DEFAULT 0,
            begun_at INTEGER NOT NULL,
            due_at INTEGER,
            on_deadline TEXT NOT NULL,
            ended_at INTEGER,
            reason TEXT,
            correlation TEXT
        ) STRICT;
        CREATE INDEX transactions_due ON transactions(due_at) WHERE due_at IS NOT NULL;
        CREATE INDEX transactions_state ON transactions(state, id) WHERE state IN ('active', 'rolling_back', 'parked');

        CREATE TABLE steps (
            txn INTEGER NOT NULL,
            step INTEGER NOT NULL,
            name TEXT NOT NULL,
            state TEXT NOT NULL,
            uncertain INTEGER NOT NULL DEFAULT 0,
            queue TEXT,
            payload TEXT,
            policy TEXT,
            operation INTEGER,
            PRIMARY KEY (txn, step)
        ) STRICT, WITHOUT ROWID;
        """
}
