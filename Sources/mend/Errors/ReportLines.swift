import MendProtocol
import MendWire

/// Reports that come as lines of JSON.
struct ReportLines {
    private let defaults: JSONDocument
    private var line = 0
    /// Lines that were no reports.
    private(set) var refused = 0

    /// - Parameter defaults: what stands for the members that a line does not have, but not its message.
    init(defaults: Errors.Report) throws {
        self.defaults = try JSONDocument(parsing: WireEncoder.text(of: defaults))
    }

    /// The next one on standard input; of a line that is none is said why.
    mutating func next() throws -> Errors.Report? {
        while let text = readLine() {
            line += 1
            guard !text.allSatisfy(\.isWhitespace) else { continue }
            do {
                return try report(text)
            } catch {
                refused += 1
                Notice.tell("line \(line) is no report: \(error)", hint: Self.sample)
            }
        }
        return nil
    }

    private static let sample = #"such as {"message":"close-day failed","service":"billing","errno":"ECONNREFUSED"}"#

    func report(_ text: String) throws -> Errors.Report {
        let given = try JSONDocument(parsing: text).root
        guard given.kind == .object else { throw InvalidValue("it is not an object") }
        var writer = JSONWriter()
        writer.writeRaw("{")
        var isFirst = true
        func write(_ member: JSONValue.Member) {
            if !isFirst { writer.writeRaw(",") }
            isFirst = false
            writer.writeValue(member.key)
            writer.writeRaw(":")
            writer.writeValue(member.value)
        }
        for member in given.members { write(member) }
        for member in defaults.root.members where member.name != "message" && given[member.name] == nil {
            write(member)
        }
        writer.writeRaw("}")
        var report = try WireDecoder.decode(Errors.Report.self, from: JSONDocument(parsing: writer.text).root)
        if !report.unknown.isEmpty { report.context = context(of: report) }
        report.unknown = [:]
        report.ignored = []
        return report
    }

    /// With the members that a report does not have.
    private func context(of report: Errors.Report) -> JSONObject? {
        var writer = JSONWriter()
        writer.writeRaw("{")
        let own = try? report.context.map { try JSONDocument(parsing: WireEncoder.text(of: $0)).root }
        var isFirst = true
        for member in own?.members ?? JSONValue.emptyObject.members {
            if !isFirst { writer.writeRaw(",") }
            isFirst = false
            writer.writeValue(member.key)
            writer.writeRaw(":")
            writer.writeValue(member.value)
        }
        for name in report.ignored where own?[name] == nil {
            if !isFirst { writer.writeRaw(",") }
            isFirst = false
            writer.writeString(name)
            writer.writeRaw(":")
            writer.writeRaw(report.unknown[name]?.text ?? "null")
        }
        writer.writeRaw("}")
        return JSONObject(RawJSON(unchecked: writer.text))
    }
}
