import MendProtocol
import Yams

/// One of the alternatives that a condition lists, with its name for `{field}` in a rule's name.
struct Alternative {
    enum Value {
        case word(WordPattern)
        case numbers(ClosedRange<Int32>)
        case text(TextPattern)
        case outOfMemory
    }

    let label: String
    let value: Value
}

extension YAMLReader {
    /// What a member of `when` lists.
    func alternatives(_ member: Member, _ field: Field) -> [Alternative] {
        switch field {
        case .outOfMemory: isTrue(member.value, field.name) ? [Alternative(label: "true", value: .outOfMemory)] : []
        case .message, .stderr, .text: textAlternatives(member.value, field)
        case .code, .type, .service, .command:
            texts(member.value, field.name).compactMap { word($0.node, $0.text, field) }
        case .sqlstate: texts(member.value, field.name).compactMap { sqlstate($0.node, $0.text) }
        case .errno, .signal, .exitStatus, .httpStatus, .grpcStatus:
            texts(member.value, field.name).compactMap { number($0.node, $0.text, field) }
        }
    }

    private func word(_ node: Node, _ text: String, _ field: Field) -> Alternative? {
        guard text.utf8.contains(where: { $0 != UInt8(ascii: "*") }) else {
            fail(node, "\(field.name) must say something beside *")
            return nil
        }
        return Alternative(label: text, value: .word(WordPattern(text)))
    }

    private func sqlstate(_ node: Node, _ text: String) -> Alternative? {
        let state = text.uppercased()
        let isClass = state.utf8.count == 3 && state.hasSuffix("*")
        let letters = isClass ? state.dropLast() : state[...]
        guard isClass || state.utf8.count == 5, letters.utf8.allSatisfy({ $0.isDigit || $0.isLetter }) else {
            fail(node, "sqlstate must be five characters such as 40001, or a class such as 40*, not \(quoted(text))")
            return nil
        }
        return Alternative(label: String(letters), value: .word(WordPattern(state)))
    }

    private func number(_ node: Node, _ text: String, _ field: Field) -> Alternative? {
        let named: (number: Int32?, label: String?) =
            switch field {
            case .errno: (LinuxErrno.number(of: text), LinuxErrno.number(of: text).flatMap(LinuxErrno.name(of:)))
            case .signal: (LinuxSignal.number(of: text), LinuxSignal.number(of: text).flatMap(LinuxSignal.name(of:)))
            case .grpcStatus: (GRPCStatus.number(of: text), GRPCStatus.number(of: text).flatMap(GRPCStatus.name(of:)))
            default: (nil, nil)
            }
        if let number = named.number {
            return Alternative(label: named.label ?? text, value: .numbers(number...number))
        }
        if let range = range(text, field) {
            let label = range.count == 1 ? self.label(range.lowerBound, field) : text
            return Alternative(label: label, value: .numbers(range))
        }
        fail(node, "\(field.name) must be \(Self.expectation(field)), not \(quoted(text))")
        return nil
    }

    private func label(_ number: Int32, _ field: Field) -> String {
        switch field {
        case .errno: LinuxErrno.name(of: number) ?? "\(number)"
        case .signal: LinuxSignal.name(of: number) ?? "\(number)"
        case .grpcStatus: GRPCStatus.name(of: number) ?? "\(number)"
        default: "\(number)"
        }
    }

    /// `75`, `200-242`, `5xx`.
    private func range(_ text: String, _ field: Field) -> ClosedRange<Int32>? {
        let limits: ClosedRange<Int32> =
            switch field {
            case .errno: 1...4095
            case .signal: 1...64
            case .httpStatus: 100...599
            case .grpcStatus: 0...16
            default: 0...255
            }
        if field == .httpStatus, text.utf8.count == 3, text.hasSuffix("xx"), let hundred = text.first?.wholeNumberValue,
            (1...5).contains(hundred)
        {
            return Int32(hundred) * 100...Int32(hundred) * 100 + 99
        }
        let parts = text.split(separator: "-", omittingEmptySubsequences: false).map { Int32($0) }
        guard let first = parts[0], limits.contains(first) else { return nil }
        guard parts.count > 1 else { return first...first }
        guard parts.count == 2, let last = parts[1], limits.contains(last), first <= last else { return nil }
        return first...last
    }

    private static func expectation(_ field: Field) -> String {
        switch field {
        case .errno: "a name such as ECONNREFUSED or a number from 1 to 4095"
        case .signal: "a name such as SIGTERM or a number from 1 to 64"
        case .httpStatus: "a status from 100 to 599, a range such as 502-504, or a class such as 5xx"
        case .grpcStatus: "a name such as UNAVAILABLE or a number from 0 to 16"
        default: "a number from 0 to 255, or a range such as 200-242"
        }
    }

    /// A text or texts that it contains, or a section of `contains` and `starts`.
    private func textAlternatives(_ node: Node, _ field: Field) -> [Alternative] {
        guard case .mapping = node else {
            return texts(node, field.name).compactMap { text($0.node, $0.text, field, startsText: false) }
        }
        return members(node, field.name, known: ["contains", "starts"]).flatMap { member in
            texts(member.value, "\(field.name).\(member.name)").compactMap {
                text($0.node, $0.text, field, startsText: member.name == "starts")
            }
        }
    }

    /// Shorter literals stand in every other text.
    private static let shortestLiteral = 3
    private static let longestPattern = 200

    private func text(_ node: Node, _ text: String, _ field: Field, startsText: Bool) -> Alternative? {
        let pattern = TextPattern(text, startsText: startsText)
        guard pattern.longest.count >= Self.shortestLiteral, text.utf8.count <= Self.longestPattern else {
            fail(
                node,
                "\(field.name) must have \(Self.shortestLiteral) letters in one piece and \(Self.longestPattern) in all, "
                    + "not \(quoted(text))")
            return nil
        }
        return Alternative(label: text, value: .text(pattern))
    }
}

extension Condition {
    /// Any of the alternatives.
    init(_ field: Field, _ alternatives: [Alternative]) {
        var words: [WordPattern] = []
        var numbers: [ClosedRange<Int32>] = []
        var texts: [TextPattern] = []
        for alternative in alternatives {
            switch alternative.value {
            case .word(let word): words.append(word)
            case .numbers(let range): numbers.append(range)
            case .text(let pattern): texts.append(pattern)
            case .outOfMemory: break
            }
        }
        switch field {
        case .outOfMemory: self = .outOfMemory
        case .message, .stderr, .text: self = .text(field, texts)
        case .code, .type, .service, .command, .sqlstate: self = .words(field, words)
        case .errno, .signal, .exitStatus, .httpStatus, .grpcStatus: self = .numbers(field, numbers)
        }
    }
}
