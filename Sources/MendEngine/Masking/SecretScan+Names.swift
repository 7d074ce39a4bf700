// Values after a name, or a scheme, that says what they are.
extension SecretScan {
    static let backslash = UInt8(ascii: "\\")

    static func isAroundString(_ byte: UInt8) -> Bool { byte.isQuote || byte == backslash }

    /// `name=value`, `name: value`, `"name": "value"`, with the separator at `at`.
    func valueAfterName(isColon: Bool) -> Found? {
        var end = text.startOfBlanks(before: at, downTo: taken)
        let isQuoted = end > taken && text[end - 1].isQuote
        if isQuoted {
            end -= 1
            if end > taken, text[end - 1] == Self.backslash { end -= 1 }
            end = text.startOfBlanks(before: end, downTo: taken)
        }
        let name = self.name(before: end)
        if SecretName.isAuthorization(name) { return credentials().map { ($0, .authorization) } }
        if isColon || isQuoted, SecretName.isCookie(name) { return cookies().map { ($0, .cookie) } }
        guard isSecret(name, isColon: isColon, isQuoted: isQuoted) else { return nil }
        var value = at + 1
        // Ruby's `=>`, Go's `:=`, comparisons.
        if value < text.count, text[value] == UInt8(ascii: ">") || text[value] == UInt8(ascii: "=") { value += 1 }
        let start = text.endOfBlanks(from: value)
        if !isQuoted, let found = valueOnNextLines(from: start, after: name.startIndex, isColon: isColon) {
            return (found, .named)
        }
        guard let found = self.value(from: start), !isQuoted || !isNull(found) else { return nil }
        if isColon, !isQuoted, SecretName.ends(name, in: "passwd"), isProse(found) { return nil }
        return (found, .named)
    }

    func name(before end: Int) -> Slice<ByteText> {
        var start = end
        while start > taken, SecretName.canHold(text[start - 1]) { start -= 1 }
        return text[start..<end]
    }

    private func isSecret(_ name: Slice<ByteText>, isColon: Bool, isQuoted: Bool) -> Bool {
        if SecretName.isSecret(name) { return true }
        if isQuoted || !isColon {
            if SecretName.isSecretIfMarked(name) { return true }
            // `?key=…` of an address.
            return !isColon && name.count == 3 && SecretName.ends(name, in: "key") && name.startIndex > 0
                && (text[name.startIndex - 1] == UInt8(ascii: "?") || text[name.startIndex - 1] == UInt8(ascii: "&"))
        }
        // A bare `token: ` is more often a parser's complaint than a secret.
        if SecretName.isToken(name) { return at + 1 < text.count && text[at + 1].isWord }
        return name.count == 5 && SecretName.ends(name, in: "passe") && text.has("mot de ", at: name.startIndex - 7)
    }

    /// `passwd: Authentication token manipulation error` is what the program says: a word, and then another one.
    private func isProse(_ word: Range<Int>) -> Bool {
        let next = text.endOfBlanks(from: word.upperBound)
        let end = text.end(of: \.isLetter, from: next)
        return text[word].allSatisfy(\.isLetter) && end - next > 1 && (end >= text.count || text[end].isSpace)
    }

    /// A quoted value without its quotes, or all up to the next white space.
    func value(from start: Int) -> Range<Int>? {
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

    /// `password%3Dvalue` as it stands within an address.
    func valueAfterEncodedName() -> Found? {
        guard text.has("%3d", at: at) || text.has("%3a", at: at) else { return nil }
        let isQuoted = at >= taken + 3 && text.has("%22", at: at - 3)
        let name = self.name(before: isQuoted ? at - 3 : at)
        guard SecretName.isSecret(name) || SecretName.isSecretIfMarked(name) else { return nil }
        let value = at + 3 + (text.has("%22", at: at + 3) ? 3 : 0)
        return self.value(from: value).map { ($0, .named) }
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

    /// After `Cookie:` or `Set-Cookie:`, to the end of the header.
    private func cookies() -> Range<Int>? {
        let start = text.end(of: { $0.isBlank || Self.isAroundString($0) }, from: at + 1)
        let end = text.end(of: { $0 != 0x0A && $0 != 0x0D && !Self.isAroundString($0) }, from: start)
        // A cookie has a value.
        return text[start..<end].contains(UInt8(ascii: "=")) ? start..<end : nil
    }

    /// `Bearer` and something that looks like a credential: a word that is long, or has a digit in it.
    func bearer() -> Found? {
        guard text.has("bearer ", at: at) else { return nil }
        let start = text.end(of: \.isBlank, from: at + 7)
        let end = text.end(of: { !$0.isSpace && !Self.isAroundString($0) }, from: start)
        let word = text[start..<end]
        guard word.count >= 20 || (word.count >= 8 && word.contains(where: \.isDigit)) else { return nil }
        return (start..<end, .authorization)
    }

    /// `Basic` and `user:password` in Base64 (RFC 7617).
    func basic() -> Found? {
        guard text.has("basic ", at: at) else { return nil }
        let start = text.end(of: \.isBlank, from: at + 6)
        let end = text.end(of: { Self.base64Value($0) < 64 }, from: start)
        guard end - start >= 6 else { return nil }
        var (bits, count, hasColon) = (UInt32(0), 0, false)
        for byte in text[start..<end] {
            bits = bits << 6 | UInt32(Self.base64Value(byte))
            count += 6
            guard count >= 8 else { continue }
            count -= 8
            let decoded = UInt8(truncatingIfNeeded: bits >> UInt32(count))
            guard decoded >= 0x20, decoded != 0x7F else { return nil }
            hasColon = hasColon || decoded == UInt8(ascii: ":")
        }
        guard hasColon else { return nil }
        return (start..<text.end(of: { $0 == UInt8(ascii: "=") }, from: end), .authorization)
    }

    /// Of a digit of Base64; 64 of all else.
    private static func base64Value(_ byte: UInt8) -> UInt8 {
        switch byte {
        case UInt8(ascii: "A")...UInt8(ascii: "Z"): byte - 65
        case UInt8(ascii: "a")...UInt8(ascii: "z"): byte - 71
        case UInt8(ascii: "0")...UInt8(ascii: "9"): byte + 4
        case UInt8(ascii: "+"), UInt8(ascii: "-"): 62
        case UInt8(ascii: "/"), UInt8(ascii: "_"): 63
        default: 64
        }
    }
}
