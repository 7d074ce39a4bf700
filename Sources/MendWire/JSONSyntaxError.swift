/// Why a text is not a JSON value as RFC 8259 has it, and where.
public struct JSONSyntaxError: Error, Sendable, Hashable, CustomStringConvertible {
    /// What is wrong at the offset.
    public enum Problem: Sendable, Hashable {
        case unexpectedEnd
        case valueExpected
        case nameExpected
        case colonExpected
        case commaOrBraceExpected
        case commaOrBracketExpected
        case trailingBytes
        case badNumber
        case leadingZero
        case controlCharacter
        case badEscape
        case loneSurrogate
        case badUTF8
        case tooDeep(limit: Int)
        case tooLarge(limit: Int)
    }

    /// Bytes before the one that was refused.
    public let offset: Int
    /// What is wrong there.
    public let problem: Problem

    package init(offset: Int, problem: Problem) {
        self.offset = offset
        self.problem = problem
    }

    /// Whether the nesting limit refused it: the text may be JSON otherwise.
    public var isTooDeep: Bool {
        if case .tooDeep = problem { true } else { false }
    }

    public var description: String {
        "\(problem.words) at byte \(offset)"
    }
}

extension JSONSyntaxError.Problem {
    var words: String {
        switch self {
        case .unexpectedEnd: "the text ends too early"
        case .valueExpected: "a value is expected"
        case .nameExpected: "a member's name in double quotes is expected"
        case .colonExpected: "a colon is expected"
        case .commaOrBraceExpected: "a comma or } is expected"
        case .commaOrBracketExpected: "a comma or ] is expected"
        case .trailingBytes: "more text after the end of the value"
        case .badNumber: "a digit is expected"
        case .leadingZero: "a number with a leading zero"
        case .controlCharacter: "a control character in a string must be escaped"
        case .badEscape: "an unknown escape in a string"
        case .loneSurrogate: "half of a surrogate pair in a string"
        case .badUTF8: "not UTF-8"
        case .tooDeep(let limit): "nested deeper than \(limit) levels"
        case .tooLarge(let limit): "longer than \(limit) bytes"
        }
    }
}
