extension Migrations {
    // `minute` is the last minute of elapsed time in which the group was reported, and `in_minute` how often.
    static let storms = """
        ALTER TABLE error_groups ADD COLUMN minute INTEGER NOT NULL DEFAULT 0;
        ALTER TABLE error_groups ADD COLUMN in_minute INTEGER NOT NULL DEFAULT 0;
        """
}
