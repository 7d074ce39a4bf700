import MendProtocol
import Yams

/// Reads one file, and gathers what is wrong with it instead of stopping at the first mistake.
final class YAMLReader {
    /// A member of a mapping that is known there.
    struct Member {
        let name: String
        let key: Node
        let value: Node
    }

    let file: String
    private(set) var problems: [RuleProblem] = []

    init(file: String) { self.file = file }

    /// The document; nothing where it is empty or cannot be read.
    func compose(_ text: String) -> Node? {
        do {
            let root = try Yams.compose(yaml: text, .basic, .default, .utf8)
            return root.flatMap { isMissing($0) ? nil : $0 }
        } catch {
            let mistake = YAMLMistake(error)
            let place = SourcePlace(file: file, line: mistake.line, column: mistake.column)
            problems.append(RuleProblem(place: place, message: mistake.text))
            return nil
        }
    }

    func fail(_ node: Node, _ message: String) {
        problems.append(RuleProblem(place: place(of: node), message: message))
    }

    func place(of node: Node) -> SourcePlace {
        SourcePlace(file: file, line: node.mark?.line ?? 1, column: node.mark?.column ?? 1)
    }

    func isMissing(_ node: Node) -> Bool {
        guard case .scalar(let scalar) = node else { return false }
        return scalar.style == .plain && ["", "~", "null"].contains(scalar.string)
    }

    // MARK: Mappings

    /// The members of a mapping with any names.
    func members(_ node: Node, _ what: String) -> [Member] {
        guard case .mapping(let mapping) = node else {
            if !isMissing(node) { fail(node, "\(what) must be a section of keys, not \(kind(node))") }
            return []
        }
        return mapping.compactMap { pair in
            guard case .scalar(let name) = pair.key else {
                fail(pair.key, "a key must be a word, not \(kind(pair.key))")
                return nil
            }
            return Member(name: name.string, key: pair.key, value: pair.value)
        }
    }

    /// The members of a mapping whose names are known; another one is a mistake.
    func members(_ node: Node, _ what: String, known: [String]) -> [Member] {
        members(node, what).filter { member in
            if known.contains(member.name) { return true }
            let hint =
                nearest(to: member.name, among: known).map { "did you mean \($0)?" }
                ?? "known are \(known.joined(separator: ", "))"
            fail(member.key, "unknown key \(quoted(member.name)) in \(what); \(hint)")
            return false
        }
    }

    // MARK: Values

    /// A text that is not empty.
    func text(_ node: Node, _ what: String) -> String? {
        guard case .scalar(let scalar) = node, !scalar.string.isEmpty, !isMissing(node) else {
            fail(node, "\(what) must be a text, not \(kind(node))")
            return nil
        }
        return scalar.string
    }

    /// One text, or a list of them.
    func texts(_ node: Node, _ what: String) -> [(node: Node, text: String)] {
        let nodes: [Node] = if case .sequence(let elements) = node { Array(elements) } else { [node] }
        if nodes.isEmpty { fail(node, "\(what) must not be an empty list") }
        return nodes.compactMap { element in text(element, what).map { (element, $0) } }
    }

    func word<Word: WireEnum>(_ node: Node, _ what: String, _ type: Word.Type) -> Word? {
        guard let text = text(node, what) else { return nil }
        if let word = Word(rawValue: text) { return word }
        let known = Word.allCases.map(\.rawValue)
        let hint = nearest(to: text, among: known).map { "; did you mean \($0)?" } ?? ""
        fail(node, "\(what) must be one of \(known.joined(separator: ", ")), not \(quoted(text))\(hint)")
        return nil
    }

    func integer(_ node: Node, _ what: String, _ range: ClosedRange<Int32>) -> Int32? {
        guard let text = text(node, what) else { return nil }
        if let number = Int32(text), range.contains(number) { return number }
        fail(
            node, "\(what) must be a whole number from \(range.lowerBound) to \(range.upperBound), not \(quoted(text))")
        return nil
    }

    func isTrue(_ node: Node, _ what: String) -> Bool {
        guard case .scalar(let scalar) = node, scalar.style == .plain, scalar.string == "true" else {
            fail(node, "\(what) can only be true")
            return false
        }
        return true
    }

    /// `500ms`, `30s`, `10m`, `2h`, `1d`, in milliseconds.
    func duration(_ node: Node, _ what: String) -> Int64? {
        guard let text = text(node, what) else { return nil }
        let digits = text.prefix(while: \.isNumber)
        let units: [Substring: Int64] = ["ms": 1, "s": 1000, "m": 60_000, "h": 3_600_000, "d": 86_400_000]
        if let number = Int64(digits), (0...1_000_000).contains(number), let unit = units[text.dropFirst(digits.count)]
        {
            let ms = number * unit
            if ms <= Milliseconds.range.upperBound { return ms }
        }
        fail(node, "\(what) must be a duration such as 500ms, 30s, 10m, 2h or 1d, not \(quoted(text))")
        return nil
    }

    private func kind(_ node: Node) -> String {
        switch node {
        case .scalar(let scalar): isMissing(node) ? "nothing" : quoted(scalar.string)
        case .sequence: "a list"
        case .mapping: "a section"
        case .alias: "an alias"
        }
    }

    /// At most so much of a text that it stays readable, on one line.
    func quoted(_ text: String) -> String {
        let line = text.prefix(60).map { $0.isNewline ? " " : String($0) }.joined()
        return "“\(line)\(text.count > 60 ? "…" : "")”"
    }
}
