/// What makes reports one group: a text that the report says itself, or the service, the code or the type, the frames of
/// its stack, and the message's template.
///
/// A stored fingerprint begins with the number of the algorithm, so that a better one leaves the groups of an older one
/// as they are: 1 took out of the message what varies by its look; 2 also finds the words that vary (`TemplateMiner`).
struct Fingerprint: Sendable {
    enum Kind: Sendable {
        /// It stands, whatever else differs.
        case explicit(String)
        /// The template is mined, among those with the same `space`: the code or type, the frames, and what the report
        /// says itself beside them.
        case mined(space: String)
    }

    let kind: Kind
    /// The group's title, where it is not the message's.
    private(set) var title: String?

    /// Stands, in a report's own fingerprint, for what the daemon would have taken.
    private static let placeholders = ["{{ default }}", "{{default}}"]
    /// U+001F, the unit separator: no name has it.
    private static let separator = "\u{1F}"

    /// - Parameters:
    ///   - frames: of the stack, the innermost first.
    ///   - explicit: what the report says itself.
    init(code: String?, type: String?, frames: [String] = [], explicit: String?) {
        let explicit = explicit.flatMap { $0.isEmpty ? nil : $0 }
        if let explicit, !Self.placeholders.contains(where: explicit.contains) {
            kind = .explicit("=:" + Self.bounded(explicit, 256))
            return
        }
        let parts = [
            Self.bounded(code ?? type ?? "", 128), Self.bounded(frames.joined(separator: " "), 512),
            Self.bounded(explicit ?? "", 256),
        ]
        kind = .mined(space: parts.allSatisfy(\.isEmpty) ? "" : parts.joined(separator: Self.separator))
    }

    /// The one group of all that a user reports beyond its quota and that has no group yet: groups are bounded, too.
    static func beyondQuota(of uid: UInt32) -> Fingerprint {
        Fingerprint(
            kind: .explicit("quota:\(uid)"), title: "reports of user \(uid) beyond its quota, not told apart")
    }

    private init(kind: Kind, title: String) {
        self.kind = kind
        self.title = title
    }

    /// The stored fingerprint of a group that began with this template.
    static func text(service: String, space: String, template: String) -> String {
        "2:" + [bounded(service, 128), bounded(space, 256), bounded(template, 512)].joined(separator: separator)
    }

    /// What version 1 would have been.
    static func version1(service: String, code: String?, type: String?, message: String) -> String {
        let parts = [bounded(service, 128), bounded(code ?? type ?? "", 128), MessageTemplate.of(message)]
        return "1:" + parts.joined(separator: separator)
    }

    /// What is too long is told from its like by a hash, which is the same on every run.
    private static func bounded(_ text: String, _ maxBytes: Int) -> String {
        guard text.utf8.count > maxBytes else { return text }
        return ErrorLimits.head(of: text, maxBytes: maxBytes - 17) + "#" + String(ShapeHash.of(text.utf8), radix: 16)
    }
}
