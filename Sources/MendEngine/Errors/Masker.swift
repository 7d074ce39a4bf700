import MendWire

/// Takes secrets out of text before it is stored or sent.
///
/// It finds values after a name that says what they are (`DB_PASSWORD=…`, `"token": "…"`, `X-Api-Key: …`,
/// `--secret …`), credentials after their scheme (`Bearer …`, `Authorization: Basic …`), passwords in URLs
/// (`scheme://user:…@`) and blocks of private keys. An unquoted value goes as far as the next white space: masking a
/// little more than the secret does no harm, a little less does.
struct Masker {
    static let mark: StaticString = "[masked]"

    /// The text without its secrets; nothing where there are none.
    static func masked(_ text: String) -> String? {
        var text = text
        return text.withUTF8 { bytes in
            var masker = Masker(text: bytes)
            masker.run()
            return masker.result
        }
    }

    /// Whether the value of a member of that name is a secret.
    static func isSecret(name: String) -> Bool {
        var name = name
        return name.withUTF8 { SecretName.isSecret($0[...]) || SecretName.isAuthorization($0[...]) }
    }

    private let text: ByteText
    private var at = 0
    /// What is before this is in `out`.
    private var taken = 0
    private var out: [UInt8] = []

    private init(text: ByteText) { self.text = text }

    private var result: String? {
        guard taken > 0 else { return nil }
        return String(decoding: out + text[taken...], as: UTF8.self)
    }

    private mutating func run() {
        while at < text.count {
            let found: Range<Int>? =
                switch text[at] {
                case UInt8(ascii: "="): valueAfterName(isColon: false)
                case UInt8(ascii: ":"): passwordOfURL() ?? valueAfterName(isColon: true)
                case UInt8(ascii: "-"): privateKey() ?? valueOfOption()
                case UInt8(ascii: "B"), UInt8(ascii: "b"): bearer()
                default: nil
                }
            if let found {
                mask(found)
            } else {
                at += 1
            }
        }
    }

    private mutating func mask(_ range: Range<Int>) {
        out.append(contentsOf: text[taken..<range.lowerBound])
        out.append(
            contentsOf: UnsafeBufferPointer(start: Self.mark.utf8Start, count: Self.mark.utf8CodeUnitCount))
        taken = range.upperBound
        at = max(range.upperBound, at + 1)
    }
}

// MARK: - What is a secret

extension Masker {
    private static let backslash = UInt8(ascii: "\\")

    private static func isAroundString(_ byte: UInt8) -> Bool { byte.isQuote || byte == backslash }

    /// `name=value`, `name: value`, `"name": "value"`, with the separator at `at`.
    private func valueAfterName(isColon: Bool) -> Range<Int>? {
        var end = at
        while end > taken, text[end - 1].isBlank { end -= 1 }
        let isQuoted = end > taken && text[end - 1].isQuote
        if isQuoted {
            end -= 1
            if end > taken, text[end - 1] == Self.backslash { end -= 1 }
        }
        var start = end
        while start > taken, SecretName.canHold(text[start - 1]) { start -= 1 }
        let name = text[start..<end]
        if SecretName.isAuthorization(name) { return credentials() }
        // A bare `token:` is more often a parser's complaint than a secret.
        guard SecretName.isSecret(name), isQuoted || !isColon || !SecretName.isToken(name) else { return nil }
        var value = at + 1
        // Ruby's `=>`, Go's `:=`, comparisons.
        if value < text.count, text[value] == UInt8(ascii: ">") || text[value] == UInt8(ascii: "=") { value += 1 }
        let found = self.value(from: text.end(of: \.isBlank, from: value))
        if isQuoted, let found, isNull(found) { return nil }
        return found
    }

    /// A quoted value without its quotes, or all up to the next white space.
    private func value(from start: Int) -> Range<Int>? {
        // A block of a private key is longer than its first word.
        guard start < text.count, !text[start].isSpace, !text.has("-----begin ", at: start) else { return nil }
        // Inside a string that is itself quoted, quotes have a backslash before them.
        let isEscaped = text[start] == Self.backslash && start + 1 < text.count && text[start + 1].isQuote
        let open = isEscaped ? start + 1 : start
        guard text[open].isQuote else { return start..<text.end(of: { !$0.isSpace }, from: start) }
        var end = open + 1
        var backslashes = 0
        while end < text.count {
            let isClosing = isEscaped ? backslashes <= 1 : backslashes % 2 == 0
            if text[end] == text[open], isClosing { break }
            backslashes = text[end] == Self.backslash ? backslashes + 1 : 0
            end += 1
        }
        if isEscaped, end < text.count { end -= backslashes }
        return open + 1 < end ? open + 1..<end : nil
    }

    private func isNull(_ range: Range<Int>) -> Bool {
        range.count >= 4 && text.has("null", at: range.lowerBound)
            && text[(range.lowerBound + 4)..<range.upperBound].allSatisfy { !$0.isWord }
    }

    /// After `Authorization:` or `=`: what follows a scheme that is known.
    private func credentials() -> Range<Int>? {
        let scheme = text.end(of: { $0.isBlank || Self.isAroundString($0) }, from: at + 1)
        for (name, hasParts) in SecretName.schemes where text.has(name, at: scheme) {
            let after = scheme + name.utf8CodeUnitCount
            guard after < text.count, text[after].isBlank else { continue }
            let start = text.end(of: \.isBlank, from: after)
            let end = text.end(
                of: { hasParts ? $0 != 0x0A && $0 != 0x0D : !$0.isSpace && !Self.isAroundString($0) }, from: start)
            return start < end ? start..<end : nil
        }
        return nil
    }

    /// `Bearer` and something that looks like a credential: a word that is long, or has a digit in it.
    private func bearer() -> Range<Int>? {
        guard text.has("bearer ", at: at), at == 0 || !text[at - 1].isWord else { return nil }
        let start = text.end(of: \.isBlank, from: at + 7)
        let end = text.end(of: { !$0.isSpace && !Self.isAroundString($0) }, from: start)
        let word = text[start..<end]
        return word.count >= 20 || (word.count >= 8 && word.contains(where: \.isDigit)) ? start..<end : nil
    }

    /// The password of `scheme://user:password@host`, with the first colon at `at`.
    private func passwordOfURL() -> Range<Int>? {
        guard text.has("://", at: at), at > 0, text[at - 1].isWord else { return nil }
        let start = at + 3
        let end = text.end(
            of: {
                // Of the quotes, only an apostrophe can stand in one (RFC 3986, 3.2.1).
                !$0.isSpace && $0 != UInt8(ascii: "\"") && $0 != UInt8(ascii: "`") && $0 != UInt8(ascii: "/")
                    && $0 != UInt8(ascii: "?") && $0 != UInt8(ascii: "#")
            }, from: start)
        let authority = text[start..<end]
        guard let host = authority.lastIndex(of: UInt8(ascii: "@")),
            let colon = authority[..<host].firstIndex(of: UInt8(ascii: ":")), colon + 1 < host
        else { return nil }
        return colon + 1..<host
    }

    /// `--password value` of a command line.
    private func valueOfOption() -> Range<Int>? {
        guard text.has("--", at: at), at == 0 || !SecretName.canHold(text[at - 1]) else { return nil }
        let end = text.end(of: SecretName.canHold, from: at + 2)
        guard end < text.count, text[end].isBlank, SecretName.isSecret(text[at + 2..<end]) else { return nil }
        let start = text.end(of: \.isBlank, from: end)
        return start < text.count && text[start] != UInt8(ascii: "-") ? value(from: start) : nil
    }

    /// From `-----BEGIN … PRIVATE KEY-----` to its end, or to the end of the text.
    private func privateKey() -> Range<Int>? {
        guard text.has("-----begin ", at: at) else { return nil }
        let label = text.end(of: { $0.isLetter || $0.isDigit || $0 == 0x20 }, from: at + 11)
        guard text.has("-----", at: label), ByteText(rebasing: text[at..<label]).find("PRIVATE KEY") != nil else {
            return nil
        }
        let body = label + 5
        guard let close = text.find("-----END ", from: body) else { return body..<text.count }
        return body..<close
    }
}
