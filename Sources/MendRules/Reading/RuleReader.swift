import MendProtocol
import Yams

/// Reads a file of rules.
struct RuleReader {
    /// Of one file, with those that a name with `{field}` makes.
    static let maxRules = 10_000

    private let reader: YAMLReader
    /// Retry policies that there are.
    private let policies: [String]
    private var rules: [Rule] = []

    static func rules(_ source: SourceText, policies: [String]) -> (rules: [Rule], problems: [RuleProblem]) {
        var rules = RuleReader(reader: YAMLReader(file: source.file), policies: policies)
        rules.read(source.text)
        return (rules.rules, rules.reader.problems)
    }

    private init(reader: YAMLReader, policies: [String]) {
        self.reader = reader
        self.policies = policies
    }

    private mutating func read(_ text: String) {
        guard let root = reader.compose(text) else { return }
        for member in reader.members(root, "the file", known: ["rules"]) {
            guard case .sequence(let list) = member.value else {
                if !reader.isMissing(member.value) {
                    reader.fail(member.value, "rules must be a list, each with a “-”")
                }
                continue
            }
            for node in list { readRule(node) }
        }
    }

    private mutating func readRule(_ node: Node) {
        let known = reader.problems.count
        var name: (node: Node, text: String)?
        var conditions: [(field: Field, alternatives: [Alternative])]?
        var meaning: Rule.Meaning?
        for member in reader.members(node, "the rule", known: ["name", "when", "then"]) {
            switch member.name {
            case "name": name = readName(member.value)
            case "when": conditions = readConditions(member.value)
            default: meaning = readMeaning(member.value)
            }
        }
        // What is missing may be what could not be read.
        guard reader.problems.count == known else { return }
        guard let name else {
            return reader.fail(node, "the rule has no name, which verdicts are to show as their why")
        }
        guard let conditions else {
            return reader.fail(node, "the rule \(name.text) has no “when”: it would hold always")
        }
        guard let meaning, meaning.category != nil || meaning.code != nil else {
            return reader.fail(
                node, "the rule \(name.text) must give a category, or a code of the catalogue, under “then”")
        }
        add(name, conditions, meaning)
    }

    private func readName(_ node: Node) -> (node: Node, text: String)? {
        guard let text = reader.text(node, "name") else { return nil }
        guard text.utf8.count <= 100, text.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F }) else {
            reader.fail(
                node, "name must be one word of at most 100 letters such as disk.full, not \(reader.quoted(text))")
            return nil
        }
        return (node, text)
    }

    private func readConditions(_ node: Node) -> [(field: Field, alternatives: [Alternative])]? {
        let known = Field.allCases.map(\.name)
        let members = reader.members(node, "when", known: known)
        let conditions = members.compactMap { member in
            Field.allCases.first { $0.name == member.name }.map {
                (field: $0, alternatives: reader.alternatives(member, $0))
            }
        }
        if members.isEmpty, case .mapping(let all) = node, all.isEmpty {
            reader.fail(node, "when must name at least one condition: \(known.joined(separator: ", "))")
        }
        return conditions
    }

    private func readMeaning(_ node: Node) -> Rule.Meaning {
        var meaning = Rule.Meaning()
        let known = ["category", "severity", "strategy", "code", "user_message", "retry", "vague"]
        for member in reader.members(node, "then", known: known) {
            switch member.name {
            case "category": meaning.category = reader.word(member.value, "category", Category.self)
            case "severity": meaning.severity = reader.word(member.value, "severity", Severity.self)
            case "strategy": meaning.strategy = reader.word(member.value, "strategy", Strategy.self)
            case "code": meaning.code = reader.text(member.value, "code")
            case "user_message": meaning.userMessage = reader.text(member.value, "user_message")
            case "vague": meaning.isVague = reader.isTrue(member.value, "vague")
            default: readRetry(member.value, into: &meaning)
            }
        }
        return meaning
    }

    private func readRetry(_ node: Node, into meaning: inout Rule.Meaning) {
        for member in reader.members(node, "retry", known: ["policy", "after"]) {
            if member.name == "after" {
                meaning.afterMs = reader.duration(member.value, "retry.after") ?? 0
            } else if let policy = reader.text(member.value, "retry.policy") {
                guard policies.contains(policy) else {
                    let known = policies.joined(separator: ", ")
                    reader.fail(member.value, "there is no retry policy \(reader.quoted(policy)); there are \(known)")
                    continue
                }
                meaning.policy = policy
            }
        }
    }

    // MARK: Rules that make several

    /// Adds the rule, or one for each alternative of the condition that its name has in braces.
    private mutating func add(
        _ name: (node: Node, text: String), _ conditions: [(field: Field, alternatives: [Alternative])],
        _ meaning: Rule.Meaning
    ) {
        let place = reader.place(of: name.node)
        guard rules.count < Self.maxRules else {
            return reader.fail(name.node, "there are more than \(Self.maxRules) rules in this file")
        }
        guard name.text.contains("{") else {
            rules.append(
                Rule(name: name.text, conditions: Self.joined(conditions), meaning: meaning, place: place))
            return
        }
        guard let varied = conditions.first(where: { name.text.contains("{\($0.field.name)}") }) else {
            let known = conditions.map { "{\($0.field.name)}" }.joined(separator: ", ")
            return reader.fail(name.node, "braces in a name must hold one of the rule's conditions: \(known)")
        }
        for alternative in varied.alternatives.flatMap({ Self.single($0, varied.field) }) {
            let mark = "{\(varied.field.name)}"
            var meaning = meaning
            meaning.code = meaning.code?.replacing(mark, with: alternative.label)
            meaning.userMessage = meaning.userMessage?.replacing(mark, with: alternative.label)
            let own = conditions.map { $0.field == varied.field ? (field: $0.field, alternatives: [alternative]) : $0 }
            rules.append(
                Rule(
                    name: name.text.replacing(mark, with: alternative.label), conditions: Self.joined(own),
                    meaning: meaning, place: place))
        }
    }

    /// A range's numbers each have a rule of their own; a class of HTTP statuses has one.
    private static func single(_ alternative: Alternative, _ field: Field) -> [Alternative] {
        guard case .numbers(let range) = alternative.value, range.count > 1, field != .httpStatus else {
            return [alternative]
        }
        return range.map { Alternative(label: "\($0)", value: .numbers($0...$0)) }
    }

    private static func joined(_ conditions: [(field: Field, alternatives: [Alternative])]) -> [Condition] {
        var joined = conditions.map { Condition($0.field, $0.alternatives) }
        // A status that a program has for itself is looked up with its program.
        if let command = joined.firstIndex(where: \.isExactCommand),
            let exit = joined.firstIndex(where: \.isExitStatus),
            case .words(_, let programs) = joined[command], case .numbers(_, let statuses) = joined[exit]
        {
            joined[command] = .exitOf(programs.map(\.text), statuses)
            joined.remove(at: exit)
        }
        return joined
    }
}

extension Condition {
    fileprivate var isExactCommand: Bool {
        guard case .words(.command, let patterns) = self else { return false }
        return patterns.allSatisfy(\.isExact)
    }

    fileprivate var isExitStatus: Bool {
        guard case .numbers(.exitStatus, _) = self else { return false }
        return true
    }
}
