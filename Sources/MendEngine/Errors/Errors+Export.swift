import GRDB
import MendProtocol
import MendWire

extension Errors.Export: ReaderMethod {
    package func read(_ scope: ReadScope) throws -> Answer {
        let limit = Int(limit?.value ?? PageSize.range.upperBound)
        let found = try ErrorSearch(filter).find(scope.db, after: after, oldestFirst: true, limit: limit)
        let format = format ?? .json
        var page = Page<String>(limit: limit + 1, maxBytes: scope.settings.pageMaxBytes)
        if format == .csv, after == nil { _ = try page.take(CSVLine.titles) }
        var last: Int64?
        for id in found.ids {
            guard let report = try StoredReport.fetch(id, scope.db) else { continue }
            let line = format == .csv ? CSVLine.text(of: report) : try WireEncoder.text(of: report)
            guard try page.take(line) else { return Answer(lines: page.items, next: last) }
            last = id
        }
        return Answer(lines: page.items, next: found.next)
    }
}

/// A line of RFC 4180.
///
/// Anybody may report a message such as `=HYPERLINK(…)`, which a spreadsheet would run: an apostrophe before it makes it a text.
enum CSVLine {
    static let titles = """
        error,group,occurred_at,reported_at,service,severity,category,strategy,code,type,message,task,unit,uid,pid,command,\
        why,details
        """

    static func text(of report: StoredReport) -> String {
        let fields: [String?] = [
            String(report.error), String(report.group), String(report.occurredAt), String(report.reportedAt),
            report.service, report.severity.rawValue, report.category.rawValue, report.strategy.rawValue, report.code,
            report.type, report.message, report.task, report.unit, String(report.uid), String(report.pid),
            report.command, report.why, report.details.text,
        ]
        return fields.map { quoted($0 ?? "") }.joined(separator: ",")
    }

    private static func quoted(_ field: String) -> String {
        let field = isFormula(field) ? "'" + field : field
        let special: Set<UInt8> = [UInt8(ascii: ","), UInt8(ascii: "\""), 10, 13]
        guard field.utf8.contains(where: special.contains) else { return field }
        return "\"" + field.replacing("\"", with: "\"\"") + "\""
    }

    /// Also with a full-width sign before it, which some take for the same.
    private static func isFormula(_ field: String) -> Bool {
        guard let first = field.unicodeScalars.first else { return false }
        return ["=", "+", "-", "@", "\t", "\r", "\n", "\u{FF1D}", "\u{FF0B}", "\u{FF0D}", "\u{FF20}"].contains(first)
    }
}
