/// A JSON value, read in the plainest way: byte by byte, as RFC 8259 writes its grammar down. It is the judge of the
/// wire's own parser, so it shares nothing with it.
package struct PlainJSON {
    package enum Content {
        case null
        case bool(Bool)
        case number
        /// Without its quotes and escapes.
        case string([UInt8])
        case array([PlainJSON])
        case object([(name: [UInt8], value: PlainJSON)])
    }

    package let content: Content
    /// The text as it was sent.
    package let raw: [UInt8]

    /// Nothing where the bytes are not one JSON text, or nest deeper than `maxDepth`.
    package init?(_ bytes: [UInt8], maxDepth: Int) {
        guard String(validating: bytes, as: UTF8.self) != nil else { return nil }
        var reader = PlainReader(bytes: bytes, maxDepth: maxDepth)
        guard let value = reader.text() else { return nil }
        self = value
    }

    init(content: Content, raw: [UInt8]) {
        self.content = content
        self.raw = raw
    }

    /// The values of all members of that name.
    package func members(_ name: String) -> [PlainJSON] {
        guard case .object(let members) = content else { return [] }
        return members.filter { $0.name.elementsEqual(name.utf8) }.map(\.value)
    }

    package func isString(_ text: String) -> Bool {
        if case .string(let bytes) = content { bytes.elementsEqual(text.utf8) } else { false }
    }
}

private struct PlainReader {
    let bytes: [UInt8]
    let maxDepth: Int
    var at = 0

    init(bytes: [UInt8], maxDepth: Int) {
        self.bytes = bytes
        self.maxDepth = maxDepth
    }

    mutating func text() -> PlainJSON? {
        guard let value = element(depth: 0), at == bytes.count else { return nil }
        return value
    }

    private var next: UInt8? { at < bytes.count ? bytes[at] : nil }

    private mutating func take(_ character: UnicodeScalar) -> Bool {
        guard next == UInt8(ascii: character) else { return false }
        at += 1
        return true
    }

    private mutating func space() {
        while take(" ") || take("\t") || take("\n") || take("\r") {}
    }

    /// A value with the white space around it.
    private mutating func element(depth: Int) -> PlainJSON? {
        space()
        let start = at
        guard let content = content(depth: depth) else { return nil }
        let value = PlainJSON(content: content, raw: Array(bytes[start..<at]))
        space()
        return value
    }

    private mutating func content(depth: Int) -> PlainJSON.Content? {
        switch next.map({ UnicodeScalar($0) }) {
        case "{": depth < maxDepth ? object(depth: depth + 1) : nil
        case "[": depth < maxDepth ? array(depth: depth + 1) : nil
        case "\"": string().map { .string($0) }
        case "t": word("true") ? .bool(true) : nil
        case "f": word("false") ? .bool(false) : nil
        case "n": word("null") ? .null : nil
        default: number() ? .number : nil
        }
    }

    private mutating func word(_ text: String) -> Bool {
        for character in text.unicodeScalars where !take(character) { return false }
        return true
    }

    private mutating func object(depth: Int) -> PlainJSON.Content? {
        at += 1
        space()
        if take("}") { return .object([]) }
        var members: [(name: [UInt8], value: PlainJSON)] = []
        repeat {
            space()
            guard next == UInt8(ascii: "\""), let name = string() else { return nil }
            space()
            guard take(":"), let value = element(depth: depth) else { return nil }
            members.append((name, value))
        } while take(",")
        return take("}") ? .object(members) : nil
    }

    private mutating func array(depth: Int) -> PlainJSON.Content? {
        at += 1
        space()
        if take("]") { return .array([]) }
        var elements: [PlainJSON] = []
        repeat {
            guard let value = element(depth: depth) else { return nil }
            elements.append(value)
        } while take(",")
        return take("]") ? .array(elements) : nil
    }

    private mutating func number() -> Bool {
        _ = take("-")
        if !take("0") { guard digits() else { return false } }
        if take(".") { guard digits() else { return false } }
        if take("e") || take("E") {
            if !take("+") { _ = take("-") }
            guard digits() else { return false }
        }
        return true
    }

    private mutating func digits() -> Bool {
        let start = at
        while let digit = next, (0x30...0x39).contains(digit) { at += 1 }
        return at > start
    }

    private mutating func string() -> [UInt8]? {
        at += 1
        var out: [UInt8] = []
        while let byte = next {
            at += 1
            switch byte {
            case UInt8(ascii: "\""): return out
            case 0..<0x20: return nil
            case UInt8(ascii: "\\"):
                guard let scalar = escape() else { return nil }
                out += Array(String(Character(scalar)).utf8)
            default: out.append(byte)
            }
        }
        return nil
    }

    private mutating func escape() -> UnicodeScalar? {
        guard let letter = next else { return nil }
        at += 1
        switch UnicodeScalar(letter) {
        case "\"", "\\", "/": return UnicodeScalar(letter)
        case "b": return "\u{8}"
        case "f": return "\u{C}"
        case "n": return "\n"
        case "r": return "\r"
        case "t": return "\t"
        case "u":
            guard let unit = unit() else { return nil }
            guard (0xD800..<0xDC00).contains(unit) else { return UnicodeScalar(unit) }
            guard take("\\"), take("u"), let low = self.unit(), (0xDC00..<0xE000).contains(low) else { return nil }
            return UnicodeScalar(0x10000 + (unit - 0xD800) * 0x400 + (low - 0xDC00))
        default: return nil
        }
    }

    private mutating func unit() -> UInt32? {
        guard at + 4 <= bytes.count else { return nil }
        let digits = bytes[at..<at + 4]
        // Swift's own reading would take a sign, too.
        guard digits.allSatisfy({ $0 != UInt8(ascii: "+") && $0 != UInt8(ascii: "-") }) else { return nil }
        at += 4
        return UInt32(shown(digits), radix: 16)
    }
}
