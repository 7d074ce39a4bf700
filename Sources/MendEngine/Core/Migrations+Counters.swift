extension Migrations {
    // As in `counters`: the greatest is true, so that a batch has to write only one of them.
    static let countersOfQueues = """
        ALTER TABLE queues ADD COLUMN last_operation INTEGER NOT NULL DEFAULT 0;
        ALTER TABLE queues ADD COLUMN last_lease INTEGER NOT NULL DEFAULT 0;
        ALTER TABLE queues ADD COLUMN last_wall INTEGER NOT NULL DEFAULT 0;
        ALTER TABLE queues ADD COLUMN last_elapsed INTEGER NOT NULL DEFAULT 0;
        """
}
