/// A regular expression, read into a tree: POSIX's extended ones (regex(7)) as `grep -E` takes them, byte by byte, with
/// `\w`, `\s`, `\d`, `\b` and their opposites, and without back-references.
struct MaskExpression {
    indirect enum Node {
        case bytes(ByteSet)
        case assertion(Assertion)
        case sequence([Node])
        case choice([Node])
        case repetition(Node, least: Int, most: Int?)

        /// Whether it matches the empty text somewhere.
        var canBeEmpty: Bool {
            switch self {
            case .bytes: false
            case .assertion: true
            case .sequence(let nodes): nodes.allSatisfy(\.canBeEmpty)
            case .choice(let nodes): nodes.contains(where: \.canBeEmpty)
            case .repetition(let node, let least, _): least == 0 || node.canBeEmpty
            }
        }
    }

    enum Assertion {
        case start, end, wordEdge, noWordEdge
    }

    /// Repetitions of one part.
    private static let mostRepeated = 255
    private static let mostDepth = 50

    private let pattern: [UInt8]
    private var at = 0
    private var depth = 0

    static func parse(_ pattern: String) throws(MaskPattern.Invalid) -> Node {
        var parser = MaskExpression(pattern: Array(pattern.utf8))
        let node = try parser.choice()
        guard parser.at == parser.pattern.count else { throw parser.invalid("has a ) without its (") }
        return node
    }

    private init(pattern: [UInt8]) { self.pattern = pattern }

    private var next: UInt8? { at < pattern.count ? pattern[at] : nil }

    private func invalid(_ what: String) -> MaskPattern.Invalid {
        MaskPattern.Invalid(description: "\(what), at character \(min(at, pattern.count - 1) + 1)")
    }

    private mutating func take(_ byte: Unicode.Scalar) -> Bool {
        guard next == UInt8(ascii: byte) else { return false }
        at += 1
        return true
    }

    private mutating func choice() throws(MaskPattern.Invalid) -> Node {
        depth += 1
        defer { depth -= 1 }
        guard depth <= Self.mostDepth else { throw invalid("is nested too deeply") }
        var branches = [try sequence()]
        while take("|") { branches.append(try sequence()) }
        return branches.count == 1 ? branches[0] : .choice(branches)
    }

    private mutating func sequence() throws(MaskPattern.Invalid) -> Node {
        var nodes: [Node] = []
        while let byte = next, byte != UInt8(ascii: "|"), byte != UInt8(ascii: ")") {
            var node = try atom()
            while let bounds = try bounds() { node = .repetition(node, least: bounds.least, most: bounds.most) }
            nodes.append(node)
        }
        return .sequence(nodes)
    }

    private mutating func bounds() throws(MaskPattern.Invalid) -> (least: Int, most: Int?)? {
        if take("*") { return (0, nil) }
        if take("+") { return (1, nil) }
        if take("?") { return (0, 1) }
        guard take("{") else { return nil }
        guard let least = number() else { throw invalid("has a { without a number of times") }
        var most: Int? = least
        if take(",") { most = next == UInt8(ascii: "}") ? nil : number() ?? -1 }
        guard take("}"), most ?? least >= least else { throw invalid("has a number of times that is none") }
        guard max(least, most ?? 0) <= Self.mostRepeated else {
            throw invalid("repeats something more than \(Self.mostRepeated) times")
        }
        return (least, most)
    }

    private mutating func number() -> Int? {
        let start = at
        while let byte = next, byte.isDigit, at - start < 6 { at += 1 }
        return Int(String(decoding: pattern[start..<at], as: UTF8.self))
    }

    private mutating func atom() throws(MaskPattern.Invalid) -> Node {
        guard let byte = next else { return .sequence([]) }
        at += 1
        switch byte {
        case UInt8(ascii: "("):
            let node = try choice()
            guard take(")") else { throw invalid("has a ( without its )") }
            return node
        case UInt8(ascii: "["): return .bytes(try set())
        case UInt8(ascii: "."): return .bytes(.all)
        case UInt8(ascii: "^"): return .assertion(.start)
        case UInt8(ascii: "$"): return .assertion(.end)
        case UInt8(ascii: "\\"): return try escaped()
        case UInt8(ascii: "*"), UInt8(ascii: "+"), UInt8(ascii: "?"), UInt8(ascii: "{"):
            at -= 1
            throw invalid("has nothing before its \(Unicode.Scalar(byte))")
        default: return .bytes(ByteSet(byte))
        }
    }

    private mutating func escaped() throws(MaskPattern.Invalid) -> Node {
        guard let byte = next else { throw invalid("ends with a \\") }
        at += 1
        switch byte {
        case UInt8(ascii: "w"): return .bytes(.word)
        case UInt8(ascii: "W"): return .bytes(.word.inverted)
        case UInt8(ascii: "s"): return .bytes(.space)
        case UInt8(ascii: "S"): return .bytes(.space.inverted)
        case UInt8(ascii: "d"): return .bytes(.digit)
        case UInt8(ascii: "D"): return .bytes(.digit.inverted)
        case UInt8(ascii: "b"): return .assertion(.wordEdge)
        case UInt8(ascii: "B"): return .assertion(.noWordEdge)
        case UInt8(ascii: "n"): return .bytes(ByteSet(0x0A))
        case UInt8(ascii: "t"): return .bytes(ByteSet(0x09))
        case _ where byte.isDigit: throw invalid("has a back-reference")
        case _ where byte.isLetter: throw invalid("has \\\(Unicode.Scalar(byte)), which is not known")
        default: return .bytes(ByteSet(byte))
        }
    }

    /// What stands between brackets.
    private mutating func set() throws(MaskPattern.Invalid) -> ByteSet {
        let isInverted = take("^")
        var set = ByteSet()
        let start = at
        while let byte = next, byte != UInt8(ascii: "]") || at == start {
            at += 1
            if byte == UInt8(ascii: "["), next == UInt8(ascii: ":") {
                set.formUnion(try namedClass())
            } else if next == UInt8(ascii: "-"), at + 1 < pattern.count, pattern[at + 1] != UInt8(ascii: "]") {
                let last = pattern[at + 1]
                guard byte <= last else { throw invalid("has a range from back to front") }
                at += 2
                set.insert(byte...last)
            } else {
                set.insert(byte...byte)
            }
        }
        guard take("]") else { throw invalid("has a [ without its ]") }
        return isInverted ? set.inverted : set
    }

    private mutating func namedClass() throws(MaskPattern.Invalid) -> ByteSet {
        at += 1
        let start = at
        while let byte = next, byte.isLetter { at += 1 }
        let name = String(decoding: pattern[start..<at], as: UTF8.self)
        guard take(":"), take("]"), let set = ByteSet.named[name] else {
            throw invalid("has a class of characters that is none")
        }
        return set
    }
}

/// Some of the 256 bytes.
struct ByteSet: Sendable {
    private var bits = (UInt64(0), UInt64(0), UInt64(0), UInt64(0))

    init() {}

    init(_ byte: UInt8) { insert(byte...byte) }

    init(where isIn: (UInt8) -> Bool) {
        for byte in UInt8.min ... .max where isIn(byte) { insert(byte...byte) }
    }

    static let all = ByteSet().inverted
    static let digit = ByteSet(where: \.isDigit)
    static let word = ByteSet(where: \.isWord)
    static let space = ByteSet { $0 == 0x20 || (9...13).contains($0) }

    /// POSIX's classes, in its own locale.
    static let named: [String: ByteSet] = [
        "alpha": ByteSet(where: \.isLetter), "digit": digit, "alnum": ByteSet { $0.isLetter || $0.isDigit },
        "upper": ByteSet { (65...90).contains($0) }, "lower": ByteSet { (97...122).contains($0) }, "space": space,
        "blank": ByteSet(where: \.isBlank), "xdigit": ByteSet(where: \.isHex),
        "punct": ByteSet { (33...126).contains($0) && !$0.isLetter && !$0.isDigit },
        "print": ByteSet { (32...126).contains($0) }, "graph": ByteSet { (33...126).contains($0) },
        "cntrl": ByteSet { $0 < 32 || $0 == 127 },
    ]

    @inline(__always)
    func contains(_ byte: UInt8) -> Bool {
        let bit = UInt64(1) << UInt64(byte & 63)
        return switch byte >> 6 {
        case 0: bits.0 & bit != 0
        case 1: bits.1 & bit != 0
        case 2: bits.2 & bit != 0
        default: bits.3 & bit != 0
        }
    }

    mutating func insert(_ range: ClosedRange<UInt8>) {
        for byte in range {
            let bit = UInt64(1) << UInt64(byte & 63)
            switch byte >> 6 {
            case 0: bits.0 |= bit
            case 1: bits.1 |= bit
            case 2: bits.2 |= bit
            default: bits.3 |= bit
            }
        }
    }

    mutating func formUnion(_ other: ByteSet) {
        bits = (bits.0 | other.bits.0, bits.1 | other.bits.1, bits.2 | other.bits.2, bits.3 | other.bits.3)
    }

    var inverted: ByteSet {
        var set = self
        set.bits = (~bits.0, ~bits.1, ~bits.2, ~bits.3)
        return set
    }
}
