extension Migrations {
    // `template` is the group's, as it is now; `fingerprint` has the one that it began with. A group that was merged
    // into another (`parent`) stays; `merged_into` is the one at the top, which was not merged itself. Its reports are
    // moved there, and remember in `first_group` where they were; those of a group that was split off come back from
    // `returns_from`. A `pinned` template is never merged again by itself. Times are wall time; `hour` is a whole hour
    // of elapsed time.
    static let groups = """
        ALTER TABLE error_groups ADD COLUMN template TEXT;
        ALTER TABLE error_groups ADD COLUMN space TEXT;
        ALTER TABLE error_groups ADD COLUMN merged_into INTEGER;
        ALTER TABLE error_groups ADD COLUMN parent INTEGER;
        ALTER TABLE error_groups ADD COLUMN by_hand INTEGER NOT NULL DEFAULT 0;
        ALTER TABLE error_groups ADD COLUMN pinned INTEGER NOT NULL DEFAULT 0;
        ALTER TABLE error_groups ADD COLUMN returns_from INTEGER;
        ALTER TABLE error_groups ADD COLUMN resolved_at INTEGER;
        ALTER TABLE error_groups ADD COLUMN regressed_at INTEGER;
        ALTER TABLE error_groups ADD COLUMN muted_at INTEGER;
        ALTER TABLE error_groups ADD COLUMN muted_until INTEGER;
        ALTER TABLE error_groups ADD COLUMN muted_occurrences INTEGER;
        ALTER TABLE error_groups ADD COLUMN hour INTEGER NOT NULL DEFAULT 0;
        ALTER TABLE error_groups ADD COLUMN in_hour INTEGER NOT NULL DEFAULT 0;
        ALTER TABLE error_groups ADD COLUMN escalated_hour INTEGER;
        ALTER TABLE errors ADD COLUMN first_group INTEGER;
        CREATE INDEX error_groups_templates ON error_groups(service, id) WHERE template IS NOT NULL;
        CREATE INDEX error_groups_merged ON error_groups(merged_into) WHERE merged_into IS NOT NULL;
        CREATE INDEX error_groups_returning ON error_groups(returns_from) WHERE returns_from IS NOT NULL;
        """
}
