import MendProtocol

/// Takes secrets and personal data out of text before it is stored or sent.
///
/// What Mend knows itself is found in one pass (`SecretScan`), then come the operator's own patterns. Masking a little more
/// than the secret does no harm, a little less does. What was masked stays as it is when it is masked again.
package struct Masker: Sendable {
    private let patterns: [MaskPattern]

    package init(patterns: [MaskPattern] = []) { self.patterns = patterns }

    /// The text without its secrets; nothing where there are none.
    func masked(_ text: String) -> String? {
        var found: [String] = []
        return masked(text, noting: &found)
    }

    /// - Parameter found: gets the name of the detector of each place that was masked.
    func masked(_ text: String, noting found: inout [String]) -> String? {
        var result = SecretScan.masked(text, noting: &found)
        for pattern in patterns {
            if let masked = pattern.masked(result ?? text, noting: &found) { result = masked }
        }
        return result
    }

    /// Whether the value of a member of that name is a secret.
    static func isSecret(name: String) -> Bool {
        var name = name
        return name.withUTF8 { SecretName.isSecretMember($0[...]) }
    }
}

/// What finds a secret, and what stands in its place.
enum Detector: String, CaseIterable {
    /// A value after a name that says what it is: `DB_PASSWORD=…`, `"token": "…"`, `X-Api-Key: …`.
    case named
    /// An argument of a command: `--secret …`, `mysql -p…`, `curl -u user:…`.
    case argument
    /// Credentials after their scheme: `Bearer …`, `Authorization: Basic …`.
    case authorization
    case cookie
    /// The password in `scheme://user:…@host`.
    case url
    case privateKey = "private_key"
    /// A token that its own form gives away, such as those of GitHub, AWS or a JWT.
    case token
    /// A password's hash as in shadow(5).
    case passwordHash = "password_hash"
    case email
    /// The number of a payment card.
    case card

    var mark: StaticString {
        switch self {
        case .email: "[email]"
        case .card: "[card]"
        case .named, .argument, .authorization, .cookie, .url, .privateKey, .token, .passwordHash: SecretScan.mark
        }
    }
}
