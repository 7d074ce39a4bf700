/// The `id` of a request: the exact text that was sent, so that it comes back to the last digit.
///
/// Two are equal if their texts are: `1` and `1.0` differ, as do `"a"` and its escaped spelling.
public struct RequestID: Sendable, Hashable, Codable, CustomStringConvertible {
    private let raw: RawJSON

    /// A JSON string or number, or `null`.
    public var text: String { raw.text }

    /// What answers carry whose request could not be made out.
    public static let null = RequestID(raw: .null)

    private init(raw: RawJSON) {
        self.raw = raw
    }

    /// A number.
    public init(_ number: Int) {
        raw = .integer(number)
    }

    /// A string, even if it looks like a number.
    public init(_ string: String) {
        raw = .string(string)
    }

    /// Nil unless it is a string, a number or null.
    package init?(_ value: JSONValue) {
        switch value.kind {
        case .string, .number, .null: raw = RawJSON(value)
        case .bool, .array, .object: return nil
        }
    }

    public var description: String { text }

    /// The number that `init(_: Int)` was given, if it is such.
    package var integer: Int? {
        guard let number = Int(text), String(number) == text else { return nil }
        return number
    }

    public init(from decoder: any Decoder) throws {
        raw = try RawJSON(from: decoder)
        guard let first = raw.text.utf8.first, !"[{tf".utf8.contains(first) else {
            throw InvalidValue("must be a string, a number or null")
        }
    }

    public func encode(to encoder: any Encoder) throws { try raw.encode(to: encoder) }
}
