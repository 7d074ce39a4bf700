/// What makes reports one group: the service, the code or the type, and the message with its variable parts taken out.
///
/// It begins with the number of the algorithm, so that a better one leaves the groups of an older one as they are.
struct Fingerprint: Hashable, Sendable {
    let text: String
    /// The group's title.
    let title: String

    /// - Parameter explicit: what the report says itself; it stands, whatever else differs.
    init(service: String, code: String?, type: String?, message: String, explicit: String?) {
        title = MessageTemplate.of(message)
        if let explicit, !explicit.isEmpty {
            text = "=:" + Self.bounded(explicit, 256)
        } else {
            // U+001F, the unit separator: no name has it.
            let parts = [Self.bounded(service, 128), Self.bounded(code ?? type ?? "", 128), title]
            text = "1:" + parts.joined(separator: "\u{1F}")
        }
    }

    /// The one group of all that a user reports beyond its quota and that has no group yet: groups are bounded, too.
    static func beyondQuota(of uid: UInt32) -> Fingerprint {
        Fingerprint(text: "quota:\(uid)", title: "reports of user \(uid) beyond its quota, not told apart")
    }

    private init(text: String, title: String) {
        self.text = text
        self.title = title
    }

    /// What is too long is told from its like by a hash (FNV-1a, 64 bits, which is the same on every run).
    private static func bounded(_ text: String, _ maxBytes: Int) -> String {
        guard text.utf8.count > maxBytes else { return text }
        let hash = text.utf8.reduce(0xcbf2_9ce4_8422_2325 as UInt64) { ($0 ^ UInt64($1)) &* 0x100_0000_01b3 }
        return ErrorLimits.head(of: text, maxBytes: maxBytes - 17) + "#" + String(hash, radix: 16)
    }
}
