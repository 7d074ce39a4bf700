// Secrets that their own form gives away.
extension SecretScan {
    /// The password of `scheme://user:password@host`, with the first colon at `at`.
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
        guard let host = authority.lastIndex(of: UInt8(ascii: "@")),
            let colon = authority[..<host].firstIndex(of: UInt8(ascii: ":")), colon + 1 < host
        else { return nil }
        return (colon + 1..<host, .url)
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
            if end - start >= form.minimum { return (at..<end, .token) }
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
