import GRDB
import MendProtocol
import MendWire

extension Group.Explain: ReaderMethod {
    package func read(_ scope: ReadScope) throws -> Answer {
        let (one, two) = (try GroupedReport(error, in: scope.db), try GroupedReport(other, in: scope.db))
        let met = one.group.id == two.group.id
        return Answer(
            met: met, group: one.group.id, otherGroup: two.group.id,
            why: met ? one.whyMet(two) : one.whyApart(from: two))
    }
}

/// A report, and what decided over its group.
private struct GroupedReport {
    private let report: StoredReport
    let group: GroupRow
    /// The group that it was first counted to, where that was another.
    private let first: GroupRow?
    private let frames: [String]
    private let explicit: String?

    /// Of the details, what decides.
    private struct Deciding: Decodable {
        var stack: Stack?
        var fingerprint: String?
    }

    init(_ id: Int64, in db: Database) throws {
        let found = try db.cachedStatement(sql: "SELECT \(StoredReport.columns) FROM errors WHERE id = ?")
        guard let row = try Row.fetchOne(found, arguments: [id]) else { throw CallError.noError(id) }
        report = try StoredReport(row)
        group = try GroupRow.find(report.group, in: db)
        let began = try Int64.fetchOne(
            db.cachedStatement(sql: "SELECT first_group FROM errors WHERE id = ?"), arguments: [id])
        first = try began.map { try GroupRow.find($0, in: db) }
        let details = try WireDecoder.decode(
            Deciding.self, from: report.details.document.root, unknownMembers: .ignore)
        frames = details.stack.map(StackFrames.inApp) ?? []
        explicit = details.fingerprint
    }

    private var template: String { MessageShape(report.message).words(of: report.message).stored }

    func whyMet(_ other: GroupedReport) -> [String] {
        var why: [String] = []
        if let explicit, explicit == other.explicit { why.append("both say that their fingerprint is \(explicit)") }
        if template == other.template {
            why.append("both messages are of the template: \(template)")
        } else if let template = group.template, template.contains(TemplateWord.variable.text) {
            why.append("their templates are: \(self.template)")
            why.append("and: \(other.template)")
            why.append("words that were seen to vary made them one: \(template)")
        }
        for report in [self, other] {
            guard let first = report.first else { continue }
            why.append(
                "report \(report.report.error) was counted to group \(first.id), which was merged into group \(group.id) "
                    + (first.isByHand ? "by hand" : "by itself"))
        }
        return why
    }

    func whyApart(from other: GroupedReport) -> [String] {
        var why: [String] = []
        func names(_ frames: [String]) -> String? { frames.isEmpty ? nil : frames.joined(separator: " ") }
        func differ(_ what: String, _ one: String?, _ two: String?) {
            guard one != two else { return }
            why.append("the \(what) differs: \(one ?? "none") and \(two ?? "none")")
        }
        differ("fingerprint of their own", explicit, other.explicit)
        differ("service", report.service, other.report.service)
        differ("code or type", report.code ?? report.type, other.report.code ?? other.report.type)
        differ("innermost code of the program", names(frames), names(other.frames))
        differ("template", group.template ?? template, other.group.template ?? other.template)
        if why.isEmpty {
            why.append("their groups were split by hand, or one of them is older than this way of grouping")
        }
        return why
    }
}
