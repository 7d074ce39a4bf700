extension Migrations {
    // `due_at` says when a timer must look at a transaction next; `deadline_at` outlives a rollback to a savepoint.
    // `savepoint` is the step that a rollback under way goes back to, `grace_until` until when it waits for steps that were
    // never confirmed. `held_step` is the step before whose end a held operation was enqueued.
    static let transactionDepth = """
        ALTER TABLE transactions ADD COLUMN owner INTEGER;
        ALTER TABLE transactions ADD COLUMN deadline_at INTEGER;
        ALTER TABLE transactions ADD COLUMN step_grace_ms INTEGER NOT NULL DEFAULT 30000;
        ALTER TABLE transactions ADD COLUMN savepoint INTEGER;
        ALTER TABLE transactions ADD COLUMN incomplete INTEGER NOT NULL DEFAULT 0;
        ALTER TABLE transactions ADD COLUMN grace_until INTEGER;
        ALTER TABLE transactions ADD COLUMN drain_check_at INTEGER;
        ALTER TABLE steps ADD COLUMN on_exhausted TEXT;
        ALTER TABLE operations ADD COLUMN held_step INTEGER;
        ALTER TABLE operations ADD COLUMN held_delay_ms INTEGER;
        UPDATE transactions SET deadline_at = due_at WHERE state = 'active';
        ALTER TABLE queues ADD COLUMN consumer_at INTEGER;
        CREATE INDEX transactions_correlation ON transactions(correlation) WHERE correlation IS NOT NULL;
        CREATE INDEX transactions_owner ON transactions(owner)
            WHERE owner IS NOT NULL AND state IN ('active', 'rolling_back', 'parked');
        """
}
