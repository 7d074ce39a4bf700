import MendWire

/// All names that begin alike: a beginning, which may be empty, and a `*`.
public struct NamePattern: WireScalar, CustomStringConvertible {
    public let prefix: String

    /// - Parameter text: as it is written, with its `*`.
    public init?(_ text: String) {
        guard text.last == "*" else { return nil }
        let prefix = String(text.dropLast())
        guard prefix.isEmpty || Name(prefix) != nil else { return nil }
        self.prefix = prefix
    }

    private init(prefix: String) { self.prefix = prefix }

    public var text: String { prefix + "*" }
    public var description: String { text }

    package func matches(_ name: String) -> Bool { name.hasPrefix(prefix) }

    public init(from decoder: any Decoder) throws {
        guard let pattern = NamePattern(try decoder.singleValueContainer().decode(String.self)) else {
            throw InvalidValue("must be the beginning of a name with a * at its end, such as billing-*")
        }
        self = pattern
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(text)
    }

    public static let schema = Schema.string(
        pattern: "^[A-Za-z0-9._:/@+-]*\\*$", maxLength: Name.maxLength + 1, description: "the beginning of names")
    public static let sample = NamePattern(prefix: "sample-")
}
