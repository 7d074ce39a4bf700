/// Names whose values are secrets.
enum SecretName {
    /// As the end of a name, upper and lower case being one: `DB_PASSWORD`, `dbPassword`, `x-api-key`.
    private static let endings: [StaticString] = [
        "password", "passwd", "passphrase", "secret", "token", "api_key", "api-key", "apikey", "access_key",
        "access-key", "accesskey", "private_key", "private-key", "privatekey", "secret_key", "secret-key", "secretkey",
    ]
    /// Short ones, only as a whole part of a name: not in `bypass`.
    private static let parts: [StaticString] = ["pass", "pwd"]
    /// Of the header `Authorization` (RFC 9110, 11.6.2), and whether their credentials are several parts.
    static let schemes: [(name: StaticString, hasParts: Bool)] = [
        ("bearer", false), ("basic", false), ("token", false), ("apikey", false), ("negotiate", false),
        ("digest", true), ("aws4-hmac-sha256", true),
    ]

    static func isSecret(_ name: Slice<ByteText>) -> Bool {
        endings.contains { ends(name, in: $0) }
            || parts.contains { part in
                guard ends(name, in: part) else { return false }
                let before = name.endIndex - part.utf8CodeUnitCount - 1
                return before < name.startIndex || !name[before].isLetter
            }
    }

    static func isToken(_ name: Slice<ByteText>) -> Bool { name.count == 5 && ends(name, in: "token") }

    static func isAuthorization(_ name: Slice<ByteText>) -> Bool { ends(name, in: "authorization") }

    /// Whether a byte can be part of a name.
    static func canHold(_ byte: UInt8) -> Bool {
        byte.isWord || byte == UInt8(ascii: "-") || byte == UInt8(ascii: ".")
    }

    private static func ends(_ name: Slice<ByteText>, in ending: StaticString) -> Bool {
        let length = ending.utf8CodeUnitCount
        guard name.count >= length else { return false }
        let start = name.endIndex - length
        for offset in 0..<length where name[start + offset].lowercased != ending.utf8Start[offset] { return false }
        return true
    }
}
