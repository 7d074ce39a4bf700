extension Migrations {
    // A row of `report_spans` for each minute of wall time in which reports were stored, with the first of them: those up
    // to the next row's are of that minute, so that a span of time is a span of ids, however the clock was set.
    // The index of words has no text of its own: it is written with each batch, and taken back with what it was made of.
    static let history = """
        CREATE INDEX errors_service ON errors(service, id);
        CREATE INDEX errors_code ON errors(code, id) WHERE code IS NOT NULL;
        CREATE INDEX errors_task ON errors(task, id) WHERE task IS NOT NULL;

        CREATE TABLE report_spans (first INTEGER PRIMARY KEY, minute INTEGER NOT NULL) STRICT;
        INSERT INTO report_spans
            SELECT id, minute FROM (
                SELECT id, reported_at / 60000 AS minute, lag(reported_at / 60000) OVER (ORDER BY id) AS before
                FROM errors)
            WHERE before IS NOT minute;

        CREATE VIRTUAL TABLE errors_text USING fts5(
            message, service, code, type, content = 'errors', content_rowid = 'id', columnsize = 0);
        INSERT INTO errors_text (errors_text) VALUES ('rebuild');
        """
}
