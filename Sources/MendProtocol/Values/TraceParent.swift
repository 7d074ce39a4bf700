import MendWire

/// A W3C `traceparent`: four groups of lower-case hexadecimal digits, 2-32-16-2
/// (https://www.w3.org/TR/trace-context/#traceparent-header).
public struct TraceParent: WireScalar {
    public let text: String

    public init?(_ text: String) {
        let groups = text.utf8.split(separator: UInt8(ascii: "-"), omittingEmptySubsequences: false)
        guard groups.map(\.count) == [2, 32, 16, 2], groups.allSatisfy({ $0.allSatisfy(Self.isHexadecimal) }) else {
            return nil
        }
        self.text = text
    }

    public init(from decoder: any Decoder) throws {
        guard let parent = TraceParent(try decoder.singleValueContainer().decode(String.self)) else {
            throw InvalidValue("must be a W3C traceparent, such as \(Self.sample.text)")
        }
        self = parent
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(text)
    }

    public static let schema = Schema.string(
        pattern: "^[0-9a-f]{2}-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$", maxLength: 55,
        description: "a W3C traceparent")
    public static let sample = TraceParent(unchecked: "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01")

    private init(unchecked text: String) { self.text = text }

    private static func isHexadecimal(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) || (UInt8(ascii: "a")...UInt8(ascii: "f")).contains(byte)
    }
}
