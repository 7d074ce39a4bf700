// Secrets that their own form gives away.
extension SecretScan {
    /// The password of `scheme://user:password@host`, with the first colon at `at`; the user where that is the secret.
    func passwordOfURL() -> Found? {
        guard text.has("://", at: at), at > 0, text[at - 1].isWord else { return nil }
        let start = at + 3
        let end = text.end(
            of: {
                // Of the quotes, only an apostrophe can stand in one (RFC 3986, 3.2.1).
                !$0.isSpace && $0 != UInt8(ascii: "\"") && $0 != UInt8(ascii: "`") && $0 != UInt8(ascii: "/")
                    && $0 != UInt8(ascii: "?") && $0 != UInt8(ascii: "#")
            }, from: start)
        let authority = text[start..<end]
        guard let host = authority.lastIndex(of: UInt8(ascii: "@")) else { return nil }
        let isHTTP = text.has("http", at: at - 4) || text.has("https", at: at - 5)
        guard let colon = authority[..<host].firstIndex(of: UInt8(ascii: ":")) else {
            return isHTTP && isLikeToken(text[start..<host]) ? (start..<host, .url) : nil
        }
        let isUserSecret = isHTTP && (colon + 1 == host || isBasicOfGitHub(text[colon + 1..<host]))
        if isUserSecret, start < colon { return (start..<host, .url) }
        return colon + 1 < host ? (colon + 1..<host, .url) : nil
    }

    /// What stands for a password where the user is a token of GitHub.
    private func isBasicOfGitHub(_ password: Slice<ByteText>) -> Bool {
        password.count == 13 && text.has("x-oauth-basic", at: password.startIndex)
    }

    /// A user that is long and has digits and letters is a token.
    private func isLikeToken(_ user: Slice<ByteText>) -> Bool {
        user.count >= 20 && user.allSatisfy(TokenForm.isBase64URL) && user.contains(where: \.isDigit)
            && user.contains(where: \.isLetter)
    }

    /// The second part of `123456789:…`, a bot's token of Telegram, with the colon at `at`.
    func tokenOfBot() -> Found? {
        var start = at
        while start > taken, text[start - 1].isDigit, at - start < 11 { start -= 1 }
        guard (8...10).contains(at - start) else { return nil }
        let end = text.end(of: TokenForm.isBase64URL, from: at + 1)
        return (30...45).contains(end - at - 1) ? (at + 1..<end, .token) : nil
    }

    /// From `-----BEGIN … PRIVATE KEY-----` to its end, or to the end of the text.
    func privateKey() -> Found? {
        guard text.has("-----begin ", at: at) else { return nil }
        let label = text.end(of: { $0.isLetter || $0.isDigit || $0 == 0x20 }, from: at + 11)
        guard text.has("-----", at: label), ByteText(rebasing: text[at..<label]).find("PRIVATE KEY") != nil else {
            return nil
        }
        let body = label + 5
        guard let close = text.find("-----END ", from: body) else { return (body..<text.count, .privateKey) }
        return (body..<close, .privateKey)
    }

    /// What its own form gives away.
    func token() -> Found? {
        guard at + 1 < text.count else { return nil }
        for form in TokenForm.forms(beginningWith: text[at]) {
            guard form.prefix.utf8Start[1] == text[at + 1], text.begins(with: form.prefix, at: at) else { continue }
            let start = at + form.prefix.utf8CodeUnitCount
            let end = text.end(of: form.alphabet, from: start)
            if end - start >= form.minimum { return (form.isPublic ? start..<end : at..<end, .token) }
        }
        return jsonWebToken()
    }

    /// Three parts in Base64url with dots between them, of which the first two are JSON objects (RFC 7519): `{"` is `eyJ`.
    private func jsonWebToken() -> Found? {
        guard text[at] == UInt8(ascii: "e"), text.begins(with: "eyJ", at: at) else { return nil }
        let header = text.end(of: TokenForm.isBase64URL, from: at)
        guard header - at >= 10, text.begins(with: ".eyJ", at: header) else { return nil }
        let claims = text.end(of: TokenForm.isBase64URL, from: header + 1)
        guard text.begins(with: ".", at: claims) else { return (at..<claims, .token) }
        return (at..<text.end(of: TokenForm.isBase64URL, from: claims + 1), .token)
    }

    /// `$6$salt$hash`, `$2b$12$…`, `$argon2id$…` and their like (crypt(5)).
    func passwordHash() -> Found? {
        let scheme = text.end(of: { $0.isLetter || $0.isDigit || $0 == UInt8(ascii: "-") }, from: at + 1)
        guard (1...12).contains(scheme - at - 1), text.begins(with: "$", at: scheme) else { return nil }
        let end = text.end(
            of: {
                $0.isLetter || $0.isDigit || $0 == UInt8(ascii: "$") || $0 == UInt8(ascii: ".")
                    || $0 == UInt8(ascii: "/")
                    || $0 == UInt8(ascii: "=") || $0 == UInt8(ascii: ",") || $0 == UInt8(ascii: "+")
            }, from: scheme + 1)
        let isKnown = PasswordHashing.schemes.contains {
            $0.utf8CodeUnitCount == scheme - at - 1 && text.begins(with: $0, at: at + 1)
        }
        // Salt and hash; shorter things are shell variables.
        guard isKnown, end - scheme >= 20 else { return nil }
        return (at..<end, .passwordHash)
    }
}

/// Schemes of crypt(5) between dollar signs.
private enum PasswordHashing {
    static let schemes: [StaticString] = [
        "1", "2a", "2b", "2x", "2y", "5", "6", "7", "y", "gy", "argon2d", "argon2i", "argon2id", "scrypt", "pbkdf2",
        "pbkdf2-sha256", "pbkdf2-sha512", "sha1", "md5",
    ]
}
