/// A credential that begins in a way of its own, as those who give them out tell it.
struct TokenForm: Sendable {
    let prefix: StaticString
    /// What follows the prefix, at least so many of these bytes.
    let minimum: Int
    let alphabet: @Sendable (UInt8) -> Bool
    /// Whether the prefix stays, such as an address's.
    let isPublic: Bool

    private init(
        _ prefix: StaticString, _ minimum: Int, isPublic: Bool = false,
        _ alphabet: @escaping @Sendable (UInt8) -> Bool = isAlphanumeric
    ) {
        self.prefix = prefix
        self.minimum = minimum
        self.isPublic = isPublic
        self.alphabet = alphabet
    }

    static func forms(beginningWith byte: UInt8) -> [TokenForm] { byFirst[Int(byte)] }

    static func isBase64URL(_ byte: UInt8) -> Bool {
        byte.isLetter || byte.isDigit || byte == UInt8(ascii: "-") || byte == UInt8(ascii: "_")
    }

    private static func isPath(_ byte: UInt8) -> Bool { isBase64URL(byte) || byte == UInt8(ascii: "/") }

    private static func isAlphanumeric(_ byte: UInt8) -> Bool { byte.isLetter || byte.isDigit }

    private static func isUpperOrDigit(_ byte: UInt8) -> Bool { byte.isDigit || byte &- 65 < 26 }

    private static let byFirst: [[TokenForm]] = {
        var table = [[TokenForm]](repeating: [], count: 256)
        for form in all { table[Int(form.prefix.utf8Start.pointee)].append(form) }
        return table
    }()

    private static let all: [TokenForm] = [
        // AWS: identifiers of keys.
        TokenForm("AKIA", 16, isUpperOrDigit), TokenForm("ASIA", 16, isUpperOrDigit),
        // GitHub and GitLab.
        TokenForm("ghp_", 30), TokenForm("gho_", 30), TokenForm("ghu_", 30), TokenForm("ghs_", 30),
        TokenForm("ghr_", 30), TokenForm("github_pat_", 22, isBase64URL),
        TokenForm("glpat-", 20, isBase64URL), TokenForm("gldt-", 20, isBase64URL), TokenForm("glrt-", 20, isBase64URL),
        // Slack.
        TokenForm("xoxb-", 10, isBase64URL), TokenForm("xoxp-", 10, isBase64URL), TokenForm("xoxa-", 10, isBase64URL),
        TokenForm("xoxr-", 10, isBase64URL), TokenForm("xoxs-", 10, isBase64URL), TokenForm("xapp-", 10, isBase64URL),
        // Webhooks: who has the address may write.
        TokenForm("hooks.slack.com/services/", 20, isPublic: true, isPath),
        TokenForm("hooks.slack.com/workflows/", 20, isPublic: true, isPath),
        TokenForm("discord.com/api/webhooks/", 40, isPublic: true, isPath),
        TokenForm("discordapp.com/api/webhooks/", 40, isPublic: true, isPath),
        // Stripe.
        TokenForm("sk_live_", 16), TokenForm("rk_live_", 16), TokenForm("sk_test_", 16), TokenForm("rk_test_", 16),
        TokenForm("whsec_", 24),
        // Google.
        TokenForm("AIza", 35, isBase64URL), TokenForm("GOCSPX-", 20, isBase64URL),
        TokenForm("ya29.", 20, isBase64URL),
        // OpenAI, Anthropic and Hugging Face.
        TokenForm("sk-proj-", 20, isBase64URL), TokenForm("sk-ant-", 20, isBase64URL), TokenForm("sk-", 32),
        TokenForm("hf_", 30),
        // Registries of packages and images.
        TokenForm("npm_", 36), TokenForm("pypi-", 50, isBase64URL), TokenForm("dckr_pat_", 20, isBase64URL),
        // DigitalOcean, SendGrid, Shopify, Square, Grafana, Vault, Tailscale, Atlassian, New Relic, age.
        TokenForm("dop_v1_", 40), TokenForm("SG.", 40) { isBase64URL($0) || $0 == UInt8(ascii: ".") },
        TokenForm("shpat_", 32), TokenForm("shpss_", 32), TokenForm("sq0csp-", 40, isBase64URL),
        TokenForm("sq0atp-", 20, isBase64URL), TokenForm("glsa_", 30, isBase64URL), TokenForm("hvs.", 24, isBase64URL),
        TokenForm("tskey-", 16, isBase64URL), TokenForm("ATATT3", 40, isBase64URL), TokenForm("NRAK-", 20),
        TokenForm("AGE-SECRET-KEY-1", 50),
    ]
}
