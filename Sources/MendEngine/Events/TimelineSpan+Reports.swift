import GRDB
import MendProtocol

extension TimelineSpan {
    /// The ids among which the next reports of a correlation are: ids grow with time, but for a clock that was set back, and
    /// so not all that it ever had need to be sorted by time. A minute is read whole.
    static func idsOfReports(
        _ db: Database, _ correlation: Name, _ span: TimelineSpan, rank: Int64
    ) throws -> ClosedRange<Int64> {
        func number(_ sql: String, _ arguments: StatementArguments) throws -> Int64? {
            try Int64.fetchOne(db.cachedStatement(sql: sql), arguments: arguments)
        }
        let place = span.place(rank: rank)
        let first = try number(
            "SELECT first FROM report_spans WHERE minute >= ? ORDER BY first LIMIT 1", [place.since / 60_000])
        guard let first else { return .max ... .max }
        let enough = try number(
            """
            SELECT id FROM errors INDEXED BY errors_correlation
            WHERE correlation = ? AND id >= ? AND reported_at BETWEEN ? AND ? AND (reported_at, id) > (?, ?)
            ORDER BY id LIMIT 1 OFFSET ?
            """,
            [correlation.text, first, place.since, place.until, place.at, place.id, span.limit - 1])
        let next = try enough.flatMap { id in
            try number("SELECT first FROM report_spans WHERE first > ? ORDER BY first LIMIT 1", [id])
        }
        guard let next else { return first ... .max }
        let latest = try number(
            "SELECT max(minute) FROM report_spans WHERE first >= ? AND first < ?", [first, next])
        let setBack = try number(
            "SELECT 1 FROM report_spans WHERE first >= ? AND minute <= ? LIMIT 1", [next, latest])
        return setBack != nil ? first ... .max : first...(next - 1)
    }
}
