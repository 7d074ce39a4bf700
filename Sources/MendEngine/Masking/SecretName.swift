/// Names whose values are secrets.
enum SecretName {
    /// As the end of a name, upper and lower case being one: `DB_PASSWORD`, `dbPassword`, `x-api-key`.
    private static let endings: [StaticString] = [
        "password", "passwd", "passphrase", "secret", "token", "api_key", "api-key", "apikey", "access_key",
        "access-key", "accesskey", "private_key", "private-key", "privatekey", "secret_key", "secret-key", "secretkey",
        "account_key", "accountkey", "encryption_key", "encryption-key", "signing_key", "signing-key", "master_key",
        "master-key", "auth_key", "auth-key", "passcode", "client-secret",
    ]
    /// As the end of a name, but only before `=`, in quotes or as an option: in plain words they are no names of values.
    private static let markedEndings: [StaticString] = [
        "credential", "credentials", "session_id", "session-id", "sessionid", "sessid", "connect.sid", "signature",
        "csrf", "_auth",
    ]
    /// Short ones, only as a whole part of a name: not in `bypass`.
    private static let parts: [StaticString] = ["pass", "pwd"]
    /// Of the header `Authorization` (RFC 9110, 11.6.2), and whether their credentials are several parts.
    static let schemes: [(name: StaticString, hasParts: Bool)] = [
        ("bearer", false), ("basic", false), ("token", false), ("apikey", false), ("negotiate", false),
        ("digest", true), ("aws4-hmac-sha256", true),
    ]

    static func isSecret(_ name: Slice<ByteText>) -> Bool {
        (endings.contains { ends(name, in: $0) } && !isToken(name))
            || parts.contains { part in
                guard ends(name, in: part) else { return false }
                let before = name.endIndex - part.utf8CodeUnitCount - 1
                return before < name.startIndex || !name[before].isLetter
            }
    }

    /// Whether it is the name of a secret where quotes or an equals sign say that it is a name.
    static func isSecretIfMarked(_ name: Slice<ByteText>) -> Bool {
        isToken(name) || markedEndings.contains { ends(name, in: $0) }
            || (name.count == 3 && ends(name, in: "sig")) || (name.count == 4 && ends(name, in: "auth"))
    }

    /// Whether the value of a member of that name is a secret.
    static func isSecretMember(_ name: Slice<ByteText>) -> Bool {
        isSecret(name) || isSecretIfMarked(name) || isAuthorization(name) || isCookie(name)
    }

    private static func isToken(_ name: Slice<ByteText>) -> Bool { name.count == 5 && ends(name, in: "token") }

    /// The headers `Cookie` and `Set-Cookie` (RFC 6265).
    static func isCookie(_ name: Slice<ByteText>) -> Bool {
        ends(name, in: "cookie") && (name.count == 6 || (name.count == 10 && ends(name, in: "set-cookie")))
    }

    static func isAuthorization(_ name: Slice<ByteText>) -> Bool { ends(name, in: "authorization") }

    /// Whether a byte can be part of a name.
    static func canHold(_ byte: UInt8) -> Bool {
        byte.isWord || byte == UInt8(ascii: "-") || byte == UInt8(ascii: ".")
    }

    private static func ends(_ name: Slice<ByteText>, in ending: StaticString) -> Bool {
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
