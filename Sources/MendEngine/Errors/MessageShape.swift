/// A message as a row of words that stay, parts that vary, and marks between them: `connect to db7:5432 failed` and
/// `connect to 10.0.0.7 failed` are both `connect to <*> failed`.
///
/// What varies by its look alone is taken out here: numbers and what has digits, addresses, paths, URLs, times, sizes,
/// quoted names, lists, objects, empty values. A word that varies is found by `TemplateMiner`, which sees many messages.
struct MessageShape: Sendable {
    enum Kind: UInt8 { case word, variable, mark }

    struct Token: Sendable {
        let kind: Kind
        let hash: UInt64
        /// Where it stands in the message.
        let range: Range<Int>
    }

    /// Tokens that are looked at; a message that is longer varies at its end most often.
    static let maxTokens = 64
    /// Bytes of words that are kept together.
    static let maxBytes = 1024
    private static let maxScanned = 4096

    private(set) var tokens: [Token] = []

    init(_ message: String) {
        var message = message
        message.withUTF8 { bytes in
            var scanner = ShapeScanner(text: ByteText(rebasing: bytes.prefix(Self.maxScanned)))
            scanner.run()
            tokens = scanner.tokens
        }
    }

    /// The same for the same tokens, on every run.
    var hash: UInt64 {
        var sum: UInt64 = 0
        for (place, token) in tokens.enumerated() { sum &+= ShapeHash.of(token.hash, at: place) }
        return sum
    }

    /// The tokens as text; of the message that it was made of.
    func words(of message: String) -> [TemplateWord] {
        var message = message
        return message.withUTF8 { bytes in
            tokens.map { token in
                switch token.kind {
                case .variable: .variable
                case .word, .mark: TemplateWord(String(decoding: bytes[token.range], as: UTF8.self))
                }
            }
        }
    }
}

/// One token of a template, as text.
struct TemplateWord: Hashable {
    let text: String
    let kind: MessageShape.Kind
    let hash: UInt64
    /// Of what varies: whether words were seen there, and not only what varies by its look.
    private(set) var wasWord = false

    static let variable = TemplateWord(text: "<*>", kind: .variable, hash: ShapeHash.variable)
    static let varyingWord = {
        var word = variable
        word.wasWord = true
        return word
    }()
    private static let storedVaryingWord = "<**>"

    /// - Parameter text: of a token; `<*>` and `<**>` stand for what varies, and no token of a message is like them.
    init(_ text: some StringProtocol) {
        if text == Self.variable.text {
            self = .variable
        } else if text == Self.storedVaryingWord {
            self = .varyingWord
        } else {
            self.init(
                text: String(text), kind: text.utf8.contains { $0.isLetter || $0 >= 0x80 } ? .word : .mark,
                hash: ShapeHash.of(text.utf8))
        }
    }

    private init(text: String, kind: MessageShape.Kind, hash: UInt64) {
        self.text = text
        self.kind = kind
        self.hash = hash
    }

    /// What varies is one, however it is known.
    static func == (left: TemplateWord, right: TemplateWord) -> Bool { left.text == right.text }

    func hash(into hasher: inout Hasher) { hasher.combine(text) }

    var stored: String { wasWord ? Self.storedVaryingWord : text }
}

extension [TemplateWord] {
    /// What varies side by side is one, as it is in a message's shape.
    var joiningVariables: [TemplateWord] {
        var joined: [TemplateWord] = []
        for word in self {
            if word.kind == .variable, joined.last?.kind == .variable {
                if word.wasWord { joined[joined.count - 1] = word }
                continue
            }
            if word.kind == .variable, joined.count > 1, joined[joined.count - 2].kind == .variable,
                let mark = joined.last, mark.kind == .mark, let byte = mark.text.utf8.first, !byte.separatesVariables
            {
                joined.removeLast()
                continue
            }
            joined.append(word)
        }
        return joined
    }

    /// For the state on disk.
    var stored: String { map(\.stored).joined(separator: " ") }

    init(stored: String) {
        self = stored.split(separator: " ").map { TemplateWord($0) }
    }

    /// For people.
    var title: String {
        var title = ""
        var isGlued = true
        for word in self {
            let byte = word.kind == .mark && word.text.utf8.count == 1 ? word.text.utf8.first : nil
            if !isGlued, byte.map({ !",;:.)]}=>".utf8.contains($0) }) ?? true { title += " " }
            title += word.text
            isGlued = byte.map { "([{=<".utf8.contains($0) } ?? false
        }
        return String(ErrorLimits.head(of: title, maxBytes: MessageTemplate.maxBytes))
    }
}

extension UInt8 {
    /// Whether a mark between two varying parts leaves them two.
    var separatesVariables: Bool {
        switch self {
        case UInt8(ascii: "("), UInt8(ascii: ")"), UInt8(ascii: "["), UInt8(ascii: "]"), UInt8(ascii: "{"),
            UInt8(ascii: "}"), UInt8(ascii: "<"), UInt8(ascii: ">"), UInt8(ascii: ";"):
            true
        default: isQuote
        }
    }
}

/// Hashes that are the same on every run, for decisions must not depend on chance.
enum ShapeHash {
    static let variable: UInt64 = 1

    /// FNV-1a, 64 bits.
    static func of(_ bytes: some Sequence<UInt8>) -> UInt64 {
        bytes.reduce(0xcbf2_9ce4_8422_2325) { ($0 ^ UInt64($1)) &* 0x100_0000_01b3 }
    }

    /// What a token adds to the hash of its row; a row's hash is the sum, so that one token can be exchanged in it.
    static func of(_ token: UInt64, at place: Int) -> UInt64 {
        var mixed = token &+ UInt64(truncatingIfNeeded: place + 1) &* 0x9e37_79b9_7f4a_7c15
        mixed = (mixed ^ (mixed >> 30)) &* 0xbf58_476d_1ce4_e5b9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
        return mixed ^ (mixed >> 31)
    }
}
