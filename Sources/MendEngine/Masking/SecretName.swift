/// Names whose values are secrets.
enum SecretName {
    /// As the end of a name, upper and lower case being one: `DB_PASSWORD`, `dbPassword`, `x-api-key`.
    private static let endings: [StaticString] = [
        "password", "passwd", "passphrase", "secret", "token", "api_key", "api-key", "apikey", "access_key",
        "access-key", "accesskey", "private_key", "private-key", "privatekey", "secret_key", "secret-key", "secretkey",
        "account_key", "accountkey", "encryption_key", "encryption-key", "signing_key", "signing-key", "master_key",
        "master-key", "auth_key", "auth-key", "passcode", "client-secret",
        // In other languages; the letters beyond ASCII in both cases.
        "passwort", "kennwort", "contraseña", "contraseÑa", "contrasena", "senha", "mot_de_passe", "mot-de-passe",
        "motdepasse", "wachtwoord", "parola", "пароль", "Пароль", "ПАРОЛЬ",
    ]
    private static let endingsByLast = byLastByte(endings)
    /// As the end of a name, but only before `=`, in quotes or as an option: in plain words they are no names of values.
    private static let markedEndings: [StaticString] = [
        "credential", "credentials", "session_id", "session-id", "sessionid", "sessid", "connect.sid", "signature",
        "csrf", "_auth", "_pat", "_pw", "webhook_url",
    ]
    private static let markedByLast = byLastByte(markedEndings)
    /// Keys that are none: of tables, of caches, and those that everybody may know.
    private static let openKeys: [StaticString] = [
        "primary_key", "foreign_key", "public_key", "unique_key", "sort_key", "partition_key", "shard_key", "hash_key",
        "cache_key", "group_key", "row_key", "index_key", "routing_key", "lookup_key", "idempotency_key",
    ]
    /// Of several secrets together, in a member's value.
    private static let collections: [StaticString] = ["_list", "-list", "list", "_map", "s"]
    /// Short ones, only as a whole part of a name: not in `bypass`.
    private static let parts: [StaticString] = ["pass", "pwd", "parol"]
    /// Of the header `Authorization` (RFC 9110, 11.6.2), and whether their credentials are several parts.
    static let schemes: [(name: StaticString, hasParts: Bool)] = [
        ("bearer", false), ("basic", false), ("token", false), ("apikey", false), ("negotiate", false),
        ("digest", true), ("aws4-hmac-sha256", true),
    ]

    static func isSecret(_ name: Slice<ByteText>) -> Bool {
        (hasEnding(name, endingsByLast) && !isToken(name))
            || parts.contains { part in
                guard ends(name, in: part) else { return false }
                let before = name.endIndex - part.utf8CodeUnitCount - 1
                return before < name.startIndex || !name[before].isLetter
            }
    }

    /// Whether it is the name of a secret where quotes or an equals sign say that it is a name.
    static func isSecretIfMarked(_ name: Slice<ByteText>) -> Bool {
        isToken(name) || hasEnding(name, markedByLast) || isKey(name)
            || (name.count == 3 && ends(name, in: "sig")) || (name.count == 4 && ends(name, in: "auth"))
    }

    /// Whether the value of a member of that name is a secret.
    static func isSecretMember(_ name: Slice<ByteText>) -> Bool {
        let name = trimmed(name)
        return isSecret(name) || isSecretIfMarked(name) || isAuthorization(name) || isCookie(name)
    }

    /// Whether a member of that name has several secrets: `secrets`, `password_list`.
    static func isOfSecrets(_ name: Slice<ByteText>) -> Bool {
        let name = trimmed(name)
        return collections.contains { ends(name, in: $0) && isSecretMember(name.dropLast($0.utf8CodeUnitCount)) }
    }

    private static func trimmed(_ name: Slice<ByteText>) -> Slice<ByteText> {
        var name = name
        while let last = name.last, last.isSpace { name = name.dropLast() }
        while let first = name.first, first.isSpace { name = name.dropFirst() }
        return name
    }

    /// `STRIPE_KEY`, as variables of an environment are written.
    private static func isKey(_ name: Slice<ByteText>) -> Bool {
        name.last == UInt8(ascii: "Y") && ends(name, in: "_key") && !openKeys.contains { ends(name, in: $0) }
            && name.allSatisfy { $0.isDigit || $0 == UInt8(ascii: "_") || $0 &- 65 < 26 }
    }

    static func isToken(_ name: Slice<ByteText>) -> Bool { name.count == 5 && ends(name, in: "token") }

    /// The headers `Cookie` and `Set-Cookie` (RFC 6265).
    static func isCookie(_ name: Slice<ByteText>) -> Bool {
        ends(name, in: "cookie") && (name.count == 6 || (name.count == 10 && ends(name, in: "set-cookie")))
    }

    static func isAuthorization(_ name: Slice<ByteText>) -> Bool { ends(name, in: "authorization") }

    /// Whether a byte can be part of a name.
    static func canHold(_ byte: UInt8) -> Bool {
        byte.isWord || byte == UInt8(ascii: "-") || byte == UInt8(ascii: ".")
    }

    private static func hasEnding(_ name: Slice<ByteText>, _ byLast: [[StaticString]]) -> Bool {
        guard let last = name.last else { return false }
        return byLast[Int(last.lowercased)].contains { ends(name, in: $0) }
    }

    /// Most names are told from all of them by their last byte.
    private static func byLastByte(_ endings: [StaticString]) -> [[StaticString]] {
        var table = [[StaticString]](repeating: [], count: 256)
        for ending in endings { table[Int(ending.utf8Start[ending.utf8CodeUnitCount - 1])].append(ending) }
        return table
    }

    static func ends(_ name: Slice<ByteText>, in ending: StaticString) -> Bool {
        let length = ending.utf8CodeUnitCount
        guard name.count >= length else { return false }
        let start = name.endIndex - length
        // From the last byte, in which most names differ.
        var offset = length
        while offset > 0 {
            offset -= 1
            if name[start + offset].lowercased != ending.utf8Start[offset] { return false }
        }
        return true
    }
}
