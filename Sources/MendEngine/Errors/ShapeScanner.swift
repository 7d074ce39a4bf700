/// Reads a message once, from its beginning, and notes its tokens.
struct ShapeScanner {
    typealias Token = MessageShape.Token

    let text: ByteText
    private(set) var tokens: [Token] = []
    private var at = 0
    private var wordBytes = 0
    /// Where quoted text of several words ends, the words of which are read as all others are.
    private var quoteEnd = -1

    init(text: ByteText) {
        self.text = text
        tokens.reserveCapacity(24)
    }

    mutating func run() {
        while at < text.count, tokens.count < MessageShape.maxTokens, wordBytes < MessageShape.maxBytes {
            let byte = text[at]
            if byte <= 0x20 {
                at += 1
            } else if byte.isQuote {
                takeQuote()
            } else if let end = last == UInt8(ascii: "=") ? valueInBrackets() : nil {
                put(variableTo: end)
            } else if !takeMark(byte) {
                takeWord()
            }
        }
        if last == UInt8(ascii: "=") { put(variableTo: at) }
    }

    private func byte(_ place: Int) -> UInt8 { place >= 0 && place < text.count ? text[place] : 0 }

    private var isAfterSpace: Bool { at == 0 || text[at - 1] <= 0x20 }

    /// The last token where it is one mark; else 0.
    private var last: UInt8 {
        guard let token = tokens.last, token.kind == .mark, token.range.count == 1 else { return 0 }
        return text[token.range.lowerBound]
    }

    private var isAfterVariable: Bool { tokens.last?.kind == .variable }

    /// The hash, in lower case, of the token so many before the end.
    private func lowerHash(_ back: Int) -> UInt64 {
        guard tokens.count > back else { return 0 }
        return lowerHash(tokens[tokens.count - 1 - back].range)
    }

    private func lowerHash(_ range: Range<Int>) -> UInt64 {
        ShapeHash.of(text[range].lazy.map(\.lowercased))
    }
}

// MARK: - Tokens

extension ShapeScanner {
    private mutating func put(variableTo end: Int) {
        tokens.append(Token(kind: .variable, hash: ShapeHash.variable, range: at..<at))
        at = end
        joinVariables()
    }

    /// What varies side by side is one: lists and dumps have any length.
    private mutating func joinVariables() {
        while true {
            let count = tokens.count
            if count >= 2, tokens[count - 2].kind == .variable {
                tokens.removeLast()
            } else if count >= 3, tokens[count - 3].kind == .variable, tokens[count - 2].kind == .mark,
                !text[tokens[count - 2].range.lowerBound].separatesVariables
            {
                tokens.removeLast(2)
            } else {
                return
            }
        }
    }

    private mutating func putMark(_ range: Range<Int>) {
        tokens.append(Token(kind: .mark, hash: ShapeHash.of(text[range]), range: range))
    }

    /// Punctuation; answers whether there was any.
    private mutating func takeMark(_ byte: UInt8) -> Bool {
        let next = self.byte(at + 1)
        switch byte {
        case UInt8(ascii: "<"), UInt8(ascii: ">"), UInt8(ascii: "~"):
            if next.isDigit {
                // `<1 sec`, and not `<1>`.
                let end = text.end(of: { $0.isDigit || $0 == UInt8(ascii: ".") }, from: at + 1)
                if self.byte(end) != UInt8(ascii: ">") {
                    at += 1
                    return true
                }
            }
            if byte == UInt8(ascii: "~") { return false }
        case UInt8(ascii: "("), UInt8(ascii: "["), UInt8(ascii: "{"):
            if next == byte.closing {
                putMark(at..<at + 1)
                // `f()` is a call; ` ()` is a value that is empty.
                if byte != UInt8(ascii: "(") || isAfterSpace { put(variableTo: at) }
                putMark(at + 1..<at + 2)
                at += 2
                return true
            }
            if byte == UInt8(ascii: "["), let end = list() {
                putMark(at..<at + 1)
                put(variableTo: end)
                putMark(end - 1..<end)
                return true
            }
        case UInt8(ascii: ":"):
            if last == byte {
                at += 1
                return true
            }
            if next == byte, isAfterSpace || tokens.last?.kind != .word, let end = hexGroups() {
                put(variableTo: end)
                return true
            }
        case UInt8(ascii: ","), UInt8(ascii: ";"), UInt8(ascii: ")"), UInt8(ascii: "]"), UInt8(ascii: "}"):
            if last == UInt8(ascii: "=") { put(variableTo: at) }
        case UInt8(ascii: "."):
            guard next == byte, self.byte(at + 2) != UInt8(ascii: "/") else { return false }
            at = text.end(of: { $0 == byte }, from: at)
            return true
        case UInt8(ascii: "="), UInt8(ascii: "|"): break
        default: return false
        }
        putMark(at..<at + 1)
        at += 1
        return true
    }

    /// Behind the bracket that closes the one at `start`.
    private func closed(_ start: Int) -> Int? {
        let (open, close) = (text[start], text[start].closing)
        var depth = 0
        for place in start..<min(text.count, start + 1000) {
            if text[place] == open {
                depth += 1
            } else if text[place] == close {
                depth -= 1
                if depth == 0 { return place + 1 }
            }
        }
        return nil
    }

    /// `key={…}`, `key=Name(…)`; for `key= other=…` the empty value is noted.
    private mutating func valueInBrackets() -> Int? {
        let end = text.end(of: { $0.isWord || $0 == UInt8(ascii: ".") || $0 == UInt8(ascii: "$") }, from: at)
        let next = byte(end)
        if next.isOpening, end == at || next != UInt8(ascii: "<") { return closed(end) }
        if isAfterSpace, end > at, next == UInt8(ascii: "=") { put(variableTo: at) }
        return nil
    }

    /// `[a, b, c]`
    private func list() -> Int? {
        var commas = 0
        for place in at + 1..<min(text.count, at + 1000) {
            switch text[place] {
            case UInt8(ascii: "]"): return commas > 0 ? place + 1 : nil
            case UInt8(ascii: ","): commas += 1
            case 0...0x20: if text[place - 1] != UInt8(ascii: ",") { return nil }
            case UInt8(ascii: "="), UInt8(ascii: "["), UInt8(ascii: "("), UInt8(ascii: "{"): return nil
            default: break
            }
        }
        return nil
    }

    /// A quoted name varies; quoted text is read as all text is, for it may be the message proper.
    private mutating func takeQuote() {
        let quote = text[at]
        guard at != quoteEnd, quote != UInt8(ascii: "'") || !byte(at - 1).isWord else {
            at += 1
            return
        }
        var end = at + 1
        while end < text.count, text[end] != quote, text[end] != 0x0A,
            quote != UInt8(ascii: "`") || text[end] != UInt8(ascii: "'")
        {
            end += 1
        }
        guard end < text.count, text[end] != 0x0A else {
            at += 1
            return
        }
        let inner = at + 1..<end
        let isValue = last == UInt8(ascii: "=")
        if isValue, !Self.textKeys.contains(lowerHash(1)) { return put(variableTo: end + 1) }
        guard !text[inner].contains(where: { $0 <= 0x20 }) else {
            quoteEnd = end
            at += 1
            return
        }
        let next = byte(text.end(of: { $0 == 0x20 }, from: end + 1))
        let isKey = next == UInt8(ascii: ":") || next == UInt8(ascii: "=")
        let isText = (isValue || last == UInt8(ascii: ":")) && Self.textKeys.contains(lowerHash(1))
        if isKey || isText, !inner.isEmpty, !WordLook(text, inner).isVariable {
            putWord(inner)
            at = end + 1
        } else {
            put(variableTo: end + 1)
        }
    }

    private mutating func putWord(_ range: Range<Int>) {
        let isMark = !text[range].contains { $0.isLetter || $0 >= 0x80 }
        tokens.append(Token(kind: isMark ? .mark : .word, hash: ShapeHash.of(text[range]), range: range))
        wordBytes += range.count
    }
}

// MARK: - Words

extension ShapeScanner {
    private mutating func takeWord() {
        if let end = url() ?? hexGroups() { return put(variableTo: end) }
        let end = wordEnd()
        var range = at..<end
        while range.count > 1, text[range.upperBound - 1].endsSentence { range = at..<range.upperBound - 1 }
        // An object as text: `Name{…}`
        if byte(end) == UInt8(ascii: "{"), text[at].isLetter, let closed = closed(end) {
            return put(variableTo: closed)
        }
        if let key = keyWithNumber(range, end) {
            putWord(key)
            at = end
            return
        }
        if isVariable(range, end) { return put(variableTo: end) }
        if isAfterVariable, byte(end) != UInt8(ascii: "="), Self.units.contains(lowerHash(range)) {
            at = end
            return
        }
        putWord(range)
        at = end
    }

    private func wordEnd() -> Int {
        let next = byte(at + 1)
        let isDrive = text[at].isLetter && next == UInt8(ascii: ":") && [0x2F, 0x5C].contains(byte(at + 2))
        let isHome = text[at] == UInt8(ascii: "~") && next == UInt8(ascii: "/")
        if isDrive || isHome || text[at] == UInt8(ascii: "/") {
            return text.end(of: { !$0.endsWord && !$0.isQuote }, from: isDrive ? at + 2 : at)
        }
        var end = at
        while end < text.count, !text[end].endsWord {
            if text[end].isQuote {
                guard text[end] == UInt8(ascii: "'"), byte(end - 1).isLetter, byte(end + 1).isLetter else { break }
            }
            if text[end] == UInt8(ascii: "."), byte(end + 1) == UInt8(ascii: "."), end > at { break }
            end += 1
        }
        return max(end, at + 1)
    }

    /// Of `r12=…` the `r`: members that are numbered are of one kind, and which kind says what the message is.
    private func keyWithNumber(_ range: Range<Int>, _ end: Int) -> Range<Int>? {
        guard byte(end) == UInt8(ascii: "="), text[range.upperBound - 1].isDigit else { return nil }
        let letters = text.end(of: { $0.isLetter || $0 == UInt8(ascii: "_") }, from: at)
        let digits = text.end(of: \.isDigit, from: letters)
        return letters > at && digits == range.upperBound ? at..<letters : nil
    }

    private func isVariable(_ range: Range<Int>, _ end: Int) -> Bool {
        let look = WordLook(text, range)
        if look.isVariable { return true }
        // `name=org.example.part`
        if look.isDottedName, last == UInt8(ascii: "="), !Self.textKeys.contains(lowerHash(1)) { return true }
        // `db.example:5432`
        if look.hasDot, byte(end) == UInt8(ascii: ":"), byte(end + 1).isDigit { return true }
        let isValue = last == UInt8(ascii: "=") || last == UInt8(ascii: ":")
        if isValue, range.count <= 9, Self.nothings.contains(lowerHash(range)) { return true }
        if isAfterVariable, range.count <= 4, Self.zones.contains(ShapeHash.of(text[range])) { return true }
        if text[range.lowerBound].isUpper, range.count <= 9 { return isPartOfDate(range, end) }
        return tokens.count >= 2 && Self.user == lowerHash(0) && Self.prepositions.contains(lowerHash(1))
            && text[range.lowerBound].isWord
    }

    /// `Jun 9`, `9 Jun`, `Fri Jun 9`.
    private func isPartOfDate(_ range: Range<Int>, _ end: Int) -> Bool {
        let hash = ShapeHash.of(text[range])
        let next = text.end(of: { $0 == 0x20 || $0 == UInt8(ascii: ",") }, from: end)
        if Self.months.contains(hash) { return isAfterVariable || byte(next).isDigit }
        guard Self.days.contains(hash) else { return false }
        return byte(next).isDigit
            || Self.months.contains(ShapeHash.of(text[next..<text.end(of: \.isLetter, from: next)]))
    }

    private func url() -> Int? {
        guard text[at].isLetter else { return nil }
        let colon = text.end(of: { $0.isLetter || $0.isDigit || $0 == UInt8(ascii: "+") }, from: at)
        guard byte(colon) == UInt8(ascii: ":"), text.has("://", at: colon) else { return nil }
        return text.end(
            of: {
                $0 > 0x20 && !$0.isQuote && $0 != UInt8(ascii: "<") && $0 != UInt8(ascii: ">")
                    && $0 != UInt8(ascii: ",") && $0 != UInt8(ascii: ";") && $0.opening == nil
            }, from: colon)
    }

    /// Hexadecimal digits with two colons and more: an address of the network or of its card, a time of day.
    private func hexGroups() -> Int? {
        guard text[at].isHex || text[at] == UInt8(ascii: ":") else { return nil }
        var (end, colons, digits, group, pairs) = (at, 0, false, 0, true)
        while end < text.count {
            if text[end] == UInt8(ascii: ":") {
                if group != 2 { pairs = false }
                colons += 1
                group = 0
            } else if text[end].isHex, group < 4 {
                digits = digits || text[end].isDigit
                group += 1
            } else {
                break
            }
            end += 1
        }
        guard colons >= 2, digits || (colons == 5 && pairs && group == 2), !byte(end).isWord else { return nil }
        // The colon at the end belongs to the text.
        return byte(end - 1) == UInt8(ascii: ":") && byte(end - 2) != UInt8(ascii: ":") ? end - 1 : end
    }
}

// MARK: - Classes of words

extension ShapeScanner {
    private static func hashes(_ words: String) -> Set<UInt64> {
        Set(words.split(separator: " ").map { ShapeHash.of($0.utf8) })
    }

    private static let units = hashes(
        """
        ns us µs ms s m h d sec secs second seconds min mins minute minutes hr hrs hour hours day days week weeks msec \
        msecs millis millisecond milliseconds b kb mb gb tb pb kib mib gib tib k byte bytes % percent hz khz mhz ghz
        """)
    private static let months = hashes(
        """
        Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec January February March April June July August September \
        October November December
        """)
    private static let days = hashes(
        "Mon Tue Wed Thu Fri Sat Sun Monday Tuesday Wednesday Thursday Friday Saturday Sunday")
    private static let zones = hashes("GMT UTC CET CEST EST EDT CST CDT MST MDT PST PDT AM PM am pm")
    private static let nothings = hashes("none nil undefined nan n/a null yes no")
    private static let prepositions = hashes("for by as of")
    private static let user = ShapeHash.of("user".utf8)
    /// Members whose text says what the problem is.
    private static let textKeys = hashes(
        """
        msg message err error reason cause status state result description detail details level severity event type \
        code exception
        """)
}

/// What can be said of a word by looking at it.
struct WordLook {
    /// What is longer is hardly a word.
    private static let maxBytes = 96

    let isVariable: Bool
    let hasDot: Bool
    /// Small letters, dots and hyphens.
    let isDottedName: Bool

    init(_ text: ByteText, _ range: Range<Int>) {
        var (slashes, dots, stars, hex, hostBytes) = (0, 0, 0, 0, 0)
        var isOdd = range.count > Self.maxBytes
        for byte in text[range] {
            switch byte {
            case 0x30...0x39, UInt8(ascii: "\\"): isOdd = true
            case UInt8(ascii: "/"): slashes += 1
            case UInt8(ascii: "."): dots += 1
            case UInt8(ascii: "*"): stars += 1
            case UInt8(ascii: "-"): hostBytes += 1
            case UInt8(ascii: "a")...UInt8(ascii: "f"): (hex, hostBytes) = (hex + 1, hostBytes + 1)
            case UInt8(ascii: "g")...UInt8(ascii: "z"): hostBytes += 1
            default: break
            }
        }
        hasDot = dots > 0
        isDottedName = dots > 0 && hostBytes > 0 && hostBytes + dots == range.count
        guard !isOdd else {
            isVariable = true
            return
        }
        let count = range.count
        let first = text[range.lowerBound]
        isVariable =
            hex == count && count >= 8 || stars == count && count >= 3
            || slashes > 0 && (slashes > 1 || dots > 0 || first == UInt8(ascii: "/") || first == UInt8(ascii: "~"))
            || count <= 9 && Self.isConstantName(text, range)
            || isDottedName && Self.isHostName(text[range])
            || Self.hasAt(text[range]) || Self.isAllF(text[range])
    }

    private static func isConstantName(_ text: ByteText, _ range: Range<Int>) -> Bool {
        for name in ["true", "false", "null", "localhost"] as [StaticString]
        where name.utf8CodeUnitCount == range.count && text.has(name, at: range.lowerBound) {
            return true
        }
        return false
    }

    /// `ffff`: a mask.
    private static func isAllF(_ word: Slice<ByteText>) -> Bool {
        word.count >= 4 && (word.allSatisfy { $0 == UInt8(ascii: "f") } || word.allSatisfy { $0 == UInt8(ascii: "F") })
    }

    /// `user@host`
    private static func hasAt(_ word: Slice<ByteText>) -> Bool {
        word.dropFirst().dropLast().contains(UInt8(ascii: "@"))
    }

    private static func isHostName(_ word: Slice<ByteText>) -> Bool {
        guard let dot = word.lastIndex(of: UInt8(ascii: ".")), let first = word.firstIndex(of: UInt8(ascii: ".")),
            dot > word.startIndex
        else { return false }
        // `com.example` is the name of a package.
        return domains.contains(ShapeHash.of(word[(dot + 1)...])) && !domains.contains(ShapeHash.of(word[..<first]))
    }

    private static let domains = Set(
        "com net org edu gov mil info biz local localdomain internal lan".split(separator: " ")
            .map { ShapeHash.of($0.utf8) })
}

extension UInt8 {
    fileprivate var isUpper: Bool { self &- 65 < 26 }
    fileprivate var endsSentence: Bool {
        self == UInt8(ascii: ".") || self == UInt8(ascii: "!") || self == UInt8(ascii: "?")
    }
    fileprivate var isBracket: Bool { closing != 0 || opening != nil || self == UInt8(ascii: ">") }
    fileprivate var isOpening: Bool { closing != 0 }
    /// A delimiter of words, other than a quote.
    fileprivate var endsWord: Bool {
        if self <= 0x20 { return true }
        switch self {
        case UInt8(ascii: ","), UInt8(ascii: ";"), UInt8(ascii: ":"), UInt8(ascii: "="), UInt8(ascii: "|"): return true
        default: return isBracket
        }
    }
    /// The bracket that closes this one; 0 where this opens nothing.
    fileprivate var closing: UInt8 {
        switch self {
        case UInt8(ascii: "("): UInt8(ascii: ")")
        case UInt8(ascii: "["): UInt8(ascii: "]")
        case UInt8(ascii: "{"): UInt8(ascii: "}")
        case UInt8(ascii: "<"): UInt8(ascii: ">")
        default: 0
        }
    }
    fileprivate var opening: UInt8? {
        switch self {
        case UInt8(ascii: ")"): UInt8(ascii: "(")
        case UInt8(ascii: "]"): UInt8(ascii: "[")
        case UInt8(ascii: "}"): UInt8(ascii: "{")
        default: nil
        }
    }
}
