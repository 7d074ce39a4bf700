extension Migrations {
    // Events have the numbers that clients read on by, without a gap. `elapsed` of what is kept for a time is elapsed
    // milliseconds, like every point in time that something happens at.
    static let journal = """
        ALTER TABLE counters ADD COLUMN event INTEGER NOT NULL DEFAULT 0;
        ALTER TABLE counters ADD COLUMN owner INTEGER NOT NULL DEFAULT 0;
        ALTER TABLE counters ADD COLUMN idempotency INTEGER NOT NULL DEFAULT 0;

        CREATE TABLE events (
            event INTEGER PRIMARY KEY,
            at INTEGER NOT NULL,
            kind TEXT NOT NULL,
            message TEXT NOT NULL,
            operation INTEGER,
            queue TEXT,
            breaker TEXT,
            txn INTEGER,
            error INTEGER,
            error_group INTEGER,
            correlation TEXT,
            uid INTEGER,
            pid INTEGER,
            unit TEXT,
            details TEXT
        ) STRICT;
        CREATE INDEX events_at ON events(at);
        CREATE INDEX events_operation ON events(operation, event) WHERE operation IS NOT NULL;
        CREATE INDEX events_txn ON events(txn, event) WHERE txn IS NOT NULL;
        CREATE INDEX events_breaker ON events(breaker, event) WHERE breaker IS NOT NULL;
        CREATE INDEX events_correlation ON events(correlation, event) WHERE correlation IS NOT NULL;

        -- Answers of calls with an idempotency key; the answer is absent where it was too long to be kept.
        CREATE TABLE idempotency (
            id INTEGER PRIMARY KEY,
            uid INTEGER NOT NULL,
            method TEXT NOT NULL,
            key TEXT NOT NULL,
            params_hash INTEGER NOT NULL,
            answer TEXT,
            forgotten_at INTEGER NOT NULL,
            UNIQUE (uid, method, key)
        ) STRICT;

        -- Processes to which something is tied.
        CREATE TABLE owners (
            id INTEGER PRIMARY KEY,
            pid INTEGER NOT NULL,
            uid INTEGER NOT NULL,
            start_ticks INTEGER NOT NULL,
            boot_id TEXT NOT NULL,
            UNIQUE (pid, start_ticks, boot_id, uid)
        ) STRICT;

        -- Keys that texts of callers are sealed with, each with a known text to tell it from another one.
        CREATE TABLE payload_keys (id INTEGER PRIMARY KEY, sealed TEXT NOT NULL) STRICT;

        ALTER TABLE errors ADD COLUMN correlation TEXT;
        CREATE INDEX errors_correlation ON errors(correlation, id) WHERE correlation IS NOT NULL;
        CREATE INDEX errors_reported_at ON errors(reported_at);
        """
}
