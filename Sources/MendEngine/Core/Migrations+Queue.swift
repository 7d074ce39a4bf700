extension Migrations {
    // `operations` is made anew, so that what decides stands before the payload: SQLite reads a row from its beginning.
    // `lane_place` is 0 for the one operation that has its lane, 1 for those behind it, and nothing for others.
    // `settings` of a queue is a JSON object of what was set, `bucket_full_at` microseconds of elapsed time.
    // `replay` is a JSON object: a replay of the queue's dead letters that goes on by itself.
    // `owner` is what a lease is tied to beside its time: nothing, 0 for a connection, or a row of `owners`.
    static let queueDepth = """
        ALTER TABLE operations RENAME TO operations_1;
        DROP INDEX operations_ready;
        DROP INDEX operations_due;
        DROP INDEX operations_dead;
        DROP INDEX operations_key;
        DROP INDEX operations_run_at;
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
            owner INTEGER,
            lost INTEGER NOT NULL DEFAULT 0,
            failing_since INTEGER,
            last_delay_ms INTEGER,
            last_error INTEGER,
            last_message TEXT,
            ended_at INTEGER,
            txn INTEGER,
            step INTEGER,
            held_by INTEGER,
            expires_at INTEGER,
            keep_result_ms INTEGER,
            lane TEXT,
            blocks_lane INTEGER,
            lane_place INTEGER,
            breaker TEXT,
            correlation TEXT,
            traceparent TEXT,
            payload TEXT NOT NULL,
            result TEXT
        ) STRICT;
        INSERT INTO operations (id, queue, state, priority, due_at, uid, attempt, max_attempts, enqueued_at, run_at, key,
            policy, lease, lease_uid, lease_ms, worker, failing_since, last_delay_ms, last_error, last_message, ended_at,
            txn, step, correlation, traceparent, payload, result)
        SELECT id, queue, state, priority, due_at, uid, attempt, max_attempts, enqueued_at, run_at, key,
            policy, lease, lease_uid, lease_ms, worker, failing_since, last_delay_ms, last_error, last_message, ended_at,
            txn, step, correlation, traceparent, payload, result FROM operations_1;
        DROP TABLE operations_1;
        ALTER TABLE queues DROP COLUMN max_size;
        ALTER TABLE queues ADD COLUMN settings TEXT;
        ALTER TABLE queues ADD COLUMN uid INTEGER;
        ALTER TABLE queues ADD COLUMN bucket_full_at INTEGER NOT NULL DEFAULT 0;
        CREATE INDEX operations_ready ON operations(queue, priority, id) WHERE state = 2;
        CREATE INDEX operations_due ON operations(due_at) WHERE due_at IS NOT NULL;
        CREATE INDEX operations_leased ON operations(lease, owner) WHERE state = 4;
        CREATE INDEX operations_dead ON operations(queue, id) WHERE state = 6;
        CREATE UNIQUE INDEX operations_key ON operations(queue, key) WHERE key IS NOT NULL AND state <= 4;
        CREATE INDEX operations_run_at ON operations(run_at) WHERE run_at IS NOT NULL AND state = 1;
        CREATE INDEX operations_lane ON operations(queue, lane, lane_place, id) WHERE lane_place IS NOT NULL;
        CREATE TABLE replays (queue INTEGER PRIMARY KEY, replay TEXT NOT NULL) STRICT;
        CREATE INDEX operations_breaker ON operations(breaker, state, priority, id) WHERE breaker IS NOT NULL;
        CREATE INDEX operations_held_by ON operations(held_by) WHERE held_by IS NOT NULL;
        CREATE INDEX operations_correlation ON operations(correlation) WHERE correlation IS NOT NULL;
        """
}
