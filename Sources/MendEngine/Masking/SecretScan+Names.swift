// Values after a name, or a scheme, that says what they are.
extension SecretScan {
    static let backslash = UInt8(ascii: "\\")

    static func isAroundString(_ byte: UInt8) -> Bool { byte.isQuote || byte == backslash }

    /// `name=value`, `name: value`, `"name": "value"`, with the separator at `at`.
    func valueAfterName(isColon: Bool) -> Found? {
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
        if SecretName.isAuthorization(name) { return credentials().map { ($0, .authorization) } }
        if isColon || isQuoted, SecretName.isCookie(name) { return cookies().map { ($0, .cookie) } }
        // A bare `token:` is more often a parser's complaint than a secret.
        guard SecretName.isSecret(name) || ((isQuoted || !isColon) && SecretName.isSecretIfMarked(name)) else {
            return nil
        }
        var value = at + 1
        // Ruby's `=>`, Go's `:=`, comparisons.
        if value < text.count, text[value] == UInt8(ascii: ">") || text[value] == UInt8(ascii: "=") { value += 1 }
        let found = self.value(from: text.end(of: \.isBlank, from: value))
        guard let found, !isQuoted || !isNull(found) else { return nil }
        return (found, .named)
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
        guard text[at].lowercased == UInt8(ascii: "b"), text.has("bearer ", at: at) else { return nil }
        let start = text.end(of: \.isBlank, from: at + 7)
        let end = text.end(of: { !$0.isSpace && !Self.isAroundString($0) }, from: start)
        let word = text[start..<end]
        guard word.count >= 20 || (word.count >= 8 && word.contains(where: \.isDigit)) else { return nil }
        return (start..<end, .authorization)
    }
}
