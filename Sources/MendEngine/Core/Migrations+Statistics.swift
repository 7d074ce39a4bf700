extension Migrations {
    // Reports are counted by whole minutes of wall time and by what they have in common, a row of `report_keys`. Hours hold
    // what minutes did: those before `rolled_hour` are in both until the minutes are forgotten. A key without a group
    // (`error_group` 0) stands for what its service reported beyond the bound of keys; -1 for what the host did beyond that.
    // `kind` of an outcome is the number of `OutcomeKind`.
    static let statistics = """
        CREATE TABLE report_keys (
            id INTEGER PRIMARY KEY,
            error_group INTEGER NOT NULL,
            service TEXT NOT NULL,
            category TEXT NOT NULL,
            severity TEXT NOT NULL,
            code TEXT NOT NULL,
            last_hour INTEGER NOT NULL,
            UNIQUE (error_group, service, category, severity, code)
        ) STRICT;
        CREATE INDEX report_keys_last_hour ON report_keys(last_hour);

        CREATE TABLE report_minutes (
            minute INTEGER NOT NULL, key INTEGER NOT NULL, count INTEGER NOT NULL, PRIMARY KEY (minute, key)
        ) STRICT, WITHOUT ROWID;
        CREATE TABLE report_hours (
            hour INTEGER NOT NULL, key INTEGER NOT NULL, count INTEGER NOT NULL, PRIMARY KEY (hour, key)
        ) STRICT, WITHOUT ROWID;

        CREATE TABLE outcome_minutes (
            minute INTEGER NOT NULL, kind INTEGER NOT NULL, name TEXT NOT NULL, count INTEGER NOT NULL,
            PRIMARY KEY (minute, kind, name)
        ) STRICT, WITHOUT ROWID;
        CREATE TABLE outcome_hours (
            hour INTEGER NOT NULL, kind INTEGER NOT NULL, name TEXT NOT NULL, count INTEGER NOT NULL,
            PRIMARY KEY (hour, kind, name)
        ) STRICT, WITHOUT ROWID;

        -- One row: the hour in which counting began, and the first that is not yet in the tables of hours.
        CREATE TABLE statistics (began_hour INTEGER, rolled_hour INTEGER) STRICT;
        INSERT INTO statistics
            SELECT min(reported_at) / 3600000, max(reported_at) / 3600000 FROM errors;

        INSERT INTO report_keys (error_group, service, category, severity, code, last_hour)
            SELECT error_group, service, category, severity, coalesce(code, ''), max(reported_at) / 3600000
            FROM errors GROUP BY 1, 2, 3, 4, 5;
        INSERT INTO report_minutes
            SELECT e.reported_at / 60000, k.id, count(*) FROM errors e
            JOIN report_keys k ON k.error_group = e.error_group AND k.service = e.service AND k.category = e.category
                AND k.severity = e.severity AND k.code = coalesce(e.code, '')
            WHERE e.reported_at >= (SELECT max(reported_at) FROM errors) - 172800000
            GROUP BY 1, 2;
        INSERT INTO report_hours
            SELECT e.reported_at / 3600000, k.id, count(*) FROM errors e
            JOIN report_keys k ON k.error_group = e.error_group AND k.service = e.service AND k.category = e.category
                AND k.severity = e.severity AND k.code = coalesce(e.code, '')
            WHERE e.reported_at / 3600000 < (SELECT rolled_hour FROM statistics)
            GROUP BY 1, 2;
        """
}
