extension Migrations {
    // `due_at` says when a timer must look at a transaction next; `deadline_at` outlives a rollback to a savepoint.
    static let transactionDepth = """
        ALTER TABLE transactions ADD COLUMN owner INTEGER;
        ALTER TABLE transactions ADD COLUMN deadline_at INTEGER;
        UPDATE transactions SET deadline_at = due_at WHERE state = 'active';
        CREATE INDEX transactions_correlation ON transactions(correlation) WHERE correlation IS NOT NULL;
        CREATE INDEX transactions_owner ON transactions(owner) WHERE owner IS NOT NULL AND state = 'active';
        """
}
