import Foundation
import MendProtocol
import MendWire
import Testing
import Yams

@testable import MendRules

/// A real message, and the rule that is to decide about it.
struct RuleCase: Sendable, CustomTestStringConvertible {
    let rule: String
    let report: Errors.Report
    /// Which program printed it, with its version.
    let by: String

    var testDescription: String { rule }

    /// All of the files in `Cases`.
    static let all = Result { () throws -> [RuleCase] in
        let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent("Cases")
        let files = try FileManager.default.contentsOfDirectory(at: folder, includingPropertiesForKeys: nil)
        return try files.sorted { $0.path < $1.path }.flatMap(cases)
    }

    private static func cases(in file: URL) throws -> [RuleCase] {
        let root = try #require(try Yams.compose(yaml: try String(contentsOf: file, encoding: .utf8)))
        return try root.array().flatMap { program in
            let by = try #require(program["by"]?.string)
            return try #require(program["cases"]).array().map { one in
                let pair = try #require(one.mapping?.first)
                let json = Self.json(pair.value)
                let report = try WireDecoder.decode(Errors.Report.self, from: try JSONDocument(parsing: json).root)
                #expect(report.ignored == [], "\(file.lastPathComponent): \(json)")
                return RuleCase(rule: try #require(pair.key.string), report: report, by: by)
            }
        }
    }

    /// A text alone is what the program wrote to standard error.
    private static func json(_ node: Node) -> String {
        guard let text = node.string, node.mapping == nil else { return value(node, hasMessage: true) }
        let last = text.split(separator: "\n").last.map(String.init) ?? text
        return #"{"message":\#(RawJSON.string(last).text),"stderr":\#(RawJSON.string(text).text)}"#
    }

    private static func value(_ node: Node, hasMessage: Bool = false) -> String {
        switch node {
        case .scalar(let scalar):
            let isPlain =
                scalar.style == .plain && (Int(scalar.string) != nil || ["true", "false"].contains(scalar.string))
            return isPlain ? scalar.string : RawJSON.string(scalar.string).text
        case .sequence(let elements): return "[" + elements.map { value($0) }.joined(separator: ",") + "]"
        case .mapping(let pairs):
            var members = pairs.map { "\(RawJSON.string($0.key.string ?? "").text):\(value($0.value))" }
            if hasMessage, !pairs.keys.contains("message") { members.append(#""message":"it failed""#) }
            return "{" + members.joined(separator: ",") + "}"
        case .alias: return "null"
        }
    }
}

@Suite("Every shipped rule has a case")
struct RuleCaseTests {
    @Test("each message is decided by its rule", arguments: (try? RuleCase.all.get()) ?? [])
    func decide(one: RuleCase) {
        let found = Rulebook.shipped.explain(one.report)
        #expect(found.classification.why == one.rule, "\(one.by): \(found.facts) \(one.report.message)")
    }

    @Test("no shipped rule is without a case, and no case without its rule")
    func complete() throws {
        let cases = Set(try RuleCase.all.get().map(\.rule))
        let rules = Set(Shipped.parts.rules.rules.map(\.name))
        let codes = Set(Rulebook.shipped.codes.map { "code.\($0)" })
        #expect(rules.subtracting(cases).sorted() == [])
        #expect(cases.subtracting(rules).subtracting(codes).sorted() == [])
    }

    @Test("the index finds what a look at each rule in turn finds; of several lines the last ones decide")
    func index() throws {
        for one in try RuleCase.all.get() {
            let found = Rulebook.shipped.explain(one.report)
            #expect(found.rules.contains(found.classification.why), "\(one.rule)")
            guard one.report.stderr?.contains("\n") != true else { continue }
            #expect(found.classification.why == found.rules.first, "\(one.rule)")
        }
    }
}
