extension Migrations {
    // What was said of breakers by pattern: `settings` is the call of breaker.configure that says it all.
    static let breakerDepth = """
        CREATE TABLE breaker_patterns (
            pattern TEXT PRIMARY KEY,
            settings TEXT NOT NULL
        ) STRICT, WITHOUT ROWID;
        """
}
