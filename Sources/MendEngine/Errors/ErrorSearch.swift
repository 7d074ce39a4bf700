import GRDB
import MendProtocol

/// Finds reports by a filter: through the index that leaves the fewest, and never more than so many rows at a time, so
/// that a page costs the same however many reports there are and however few of them fit.
struct ErrorSearch {
    static let lookedAtLimit = 5_000
    private static let textMaxBytes = 1_024
    /// All reports that have any of the words that begin so are gathered first, which fewer letters make too many.
    private static let begunBytesAtLeast = 3

    struct Found {
        var ids: [Int64] = []
        /// Those that fit beyond the limit, among the rows that were looked at.
        var further: Int64 = 0
        /// The last row that was looked at, or taken; nothing where there is no other.
        var next: Int64?
    }

    private let filter: ErrorFilter
    /// As FTS5 asks it; nothing where no text is looked for.
    private let match: String?

    init(_ filter: ErrorFilter) throws(CallError) {
        self.filter = filter
        match = try filter.text.map { text throws(CallError) in try Self.match(text) }
    }

    /// - Parameters:
    ///   - after: of the newest first, those with lower ids; of the oldest first, those with higher ones.
    ///   - countsFurther: whether to go on behind the limit.
    func find(
        _ db: Database, after: Int64?, oldestFirst: Bool, limit: Int, countsFurther: Bool = false
    ) throws -> Found {
        guard var range = try ids(db) else { return Found() }
        if let after {
            if oldestFirst {
                guard after < .max else { return Found() }
                range.first = max(range.first, after + 1)
            } else {
                guard after > .min else { return Found() }
                range.last = min(range.last, after - 1)
            }
        }
        let source = match != nil ? Self.byText : Self.sources.first { $0.isUsed(filter) }?.sql ?? Self.byID
        let order = match != nil ? Self.textOrder : Self.order
        let statement = try db.cachedStatement(
            sql: Self.select + source + (oldestFirst ? order.oldestFirst : order.newestFirst))
        let rows = try Row.fetchCursor(
            statement,
            arguments: [
                range.first, range.last, filter.service, filter.category?.rawValue, filter.severity?.rawValue,
                filter.code, filter.type, filter.group, filter.task, filter.unit, filter.uid, filter.correlation?.text,
                filter.since?.value, filter.until?.value, match, Self.lookedAtLimit,
            ])
        var found = Found()
        var (looked, last): (Int, Int64) = (0, 0)
        while let row = try rows.next() {
            looked += 1
            guard row[1] else {
                last = row[0]
                continue
            }
            if found.ids.count < limit {
                last = row[0]
                found.ids.append(last)
                continue
            }
            if found.further == 0 { found.next = last }
            found.further += 1
            if !countsFurther { return found }
        }
        if looked == Self.lookedAtLimit, found.further == 0 { found.next = last }
        return found
    }

    // MARK: SQL

    private static let select = """
        SELECT e.id, ((?3 IS NULL OR e.service = ?3) AND (?4 IS NULL OR e.category = ?4)
            AND (?5 IS NULL OR e.severity = ?5) AND (?6 IS NULL OR e.code = ?6) AND (?7 IS NULL OR e.type = ?7)
            AND (?8 IS NULL OR e.error_group = ?8) AND (?9 IS NULL OR e.task = ?9) AND (?10 IS NULL OR e.unit = ?10)
            AND (?11 IS NULL OR e.uid = ?11) AND (?12 IS NULL OR e.correlation = ?12)
            AND (?13 IS NULL OR e.reported_at >= ?13) AND (?14 IS NULL OR e.reported_at <= ?14)
            AND (?15 IS NULL OR ?15 <> '')) IS TRUE FROM
        """
    private static let byID = " errors e WHERE e.id BETWEEN ?1 AND ?2"
    private static let byText = """
         errors_text CROSS JOIN errors e ON e.id = errors_text.rowid
            WHERE errors_text MATCH ?15 AND errors_text.rowid BETWEEN ?1 AND ?2
        """
    private static let order = (
        newestFirst: " ORDER BY e.id DESC LIMIT ?16", oldestFirst: " ORDER BY e.id LIMIT ?16"
    )
    private static let textOrder = (
        newestFirst: " ORDER BY errors_text.rowid DESC LIMIT ?16", oldestFirst: " ORDER BY errors_text.rowid LIMIT ?16"
    )

    /// The indexes, that which leaves the fewest rows first.
    private static let sources: [(isUsed: @Sendable (ErrorFilter) -> Bool, sql: String)] = [
        (
            { $0.correlation != nil },
            " errors e INDEXED BY errors_correlation WHERE e.correlation = ?12 AND e.id BETWEEN ?1 AND ?2"
        ),
        ({ $0.task != nil }, " errors e INDEXED BY errors_task WHERE e.task = ?9 AND e.id BETWEEN ?1 AND ?2"),
        (
            { $0.group != nil },
            " errors e INDEXED BY errors_group WHERE e.error_group = ?8 AND e.id BETWEEN ?1 AND ?2"
        ),
        ({ $0.code != nil }, " errors e INDEXED BY errors_code WHERE e.code = ?6 AND e.id BETWEEN ?1 AND ?2"),
        ({ $0.service != nil }, " errors e INDEXED BY errors_service WHERE e.service = ?3 AND e.id BETWEEN ?1 AND ?2"),
    ]

    /// The ids among which all reports of the span of time are; nothing where there are none.
    private func ids(_ db: Database) throws -> (first: Int64, last: Int64)? {
        var range: (first: Int64, last: Int64) = (0, .max)
        if let since = filter.since {
            let first = try Int64.fetchOne(
                db.cachedStatement(sql: "SELECT first FROM report_spans WHERE minute >= ? ORDER BY first LIMIT 1"),
                arguments: [since.value / 60_000])
            guard let first else { return nil }
            range.first = first
        }
        if let until = filter.until {
            let last = try Int64.fetchOne(
                db.cachedStatement(sql: "SELECT first FROM report_spans WHERE minute <= ? ORDER BY first DESC LIMIT 1"),
                arguments: [until.value / 60_000])
            guard let last else { return nil }
            let next = try Int64.fetchOne(
                db.cachedStatement(sql: "SELECT first FROM report_spans WHERE first > ? ORDER BY first LIMIT 1"),
                arguments: [last])
            range.last = next.map { $0 - 1 } ?? .max
        }
        return range
    }

    // MARK: Text

    /// What people write as FTS5 asks it: each word in quotation marks, so that nothing in it is taken for an operator.
    private static func match(_ text: String) throws(CallError) -> String {
        guard text.utf8.count <= textMaxBytes else {
            throw CallError(.invalidParams, "the text is longer than \(textMaxBytes) bytes", field: "text")
        }
        var terms: [String] = []
        for (place, part) in text.split(separator: "\"", omittingEmptySubsequences: false).enumerated() {
            // Every other part stood in quotation marks.
            let words = place.isMultiple(of: 2) ? part.split(whereSeparator: \.isWhitespace) : [part]
            for word in words {
                let isPrefix = place.isMultiple(of: 2) && word.hasSuffix("*")
                let bare = isPrefix ? word.dropLast() : word
                guard bare.contains(where: { $0.isLetter || $0.isNumber }) else { continue }
                if isPrefix { try checkBegun(bare) }
                terms.append("\"" + bare.replacing("\0", with: " ") + "\"" + (isPrefix ? "*" : ""))
            }
        }
        guard !terms.isEmpty else {
            throw CallError(
                .invalidParams, "there is no word in the text to look for", field: "text",
                hint: "words have letters or digits")
        }
        return terms.joined(separator: " AND ")
    }

    private static func checkBegun(_ word: Substring) throws(CallError) {
        let last = word.split { !$0.isLetter && !$0.isNumber }.last ?? ""
        guard last.utf8.count < begunBytesAtLeast else { return }
        throw CallError(
            .invalidParams, "too many words begin with \(last)", field: "text",
            hint: "\(begunBytesAtLeast) letters or digits are needed before the *; a word without * is found as it is")
    }
}
