/// How much of a report is kept. What is longer is cut, with a mark that says so; a report is never refused for its
/// length, below that of a line. All in bytes of UTF-8.
enum ErrorLimits {
    /// Its beginning is kept.
    static let message = 8 << 10
    /// Its end is kept: the last lines are the ones that say why.
    static let stderr = 16 << 10
    /// The beginning is kept, of a list as many whole frames as there is room for.
    static let stack = 32 << 10
    /// The context, and each member that is not known: as JSON; what is longer is kept as the beginning of its text.
    static let value = 32 << 10
    /// Service, code, type, task, action, fingerprint, each tag.
    static let name = 256
    static let action = 4 << 10
    static let tags = 64
    /// All details together. A member that would go beyond it is left out, and named as cut.
    static let details = 128 << 10
    /// Names of members in a verdict's `ignored`.
    static let ignored = 64

    static let mark = "[cut]"

    /// The beginning, and the mark where something is missing. A NUL, at which SQLite's texts end, is replaced.
    static func cut(_ text: String, _ maxBytes: Int) -> String {
        let text = text.utf8.contains(0) ? text.replacing("\0", with: "\u{FFFD}") : text
        return text.utf8.count <= maxBytes
            ? text : head(of: text, maxBytes: maxBytes - mark.utf8.count - 1) + " " + mark
    }

    /// The mark where something is missing, and the end.
    static func cutFront(_ text: String, _ maxBytes: Int) -> String {
        guard text.utf8.count > maxBytes else { return text }
        var start = text.utf8.index(text.endIndex, offsetBy: mark.utf8.count + 1 - maxBytes)
        while start < text.endIndex, UTF8.isContinuation(text.utf8[start]) { start = text.utf8.index(after: start) }
        return mark + " " + text[start...]
    }

    /// As much of the beginning as fits, whole characters.
    static func head(of text: String, maxBytes: Int) -> Substring {
        guard text.utf8.count > maxBytes else { return text[...] }
        var end = text.utf8.index(text.startIndex, offsetBy: max(0, maxBytes))
        while end > text.startIndex, UTF8.isContinuation(text.utf8[end]) { end = text.utf8.index(before: end) }
        return text[..<end]
    }
}
