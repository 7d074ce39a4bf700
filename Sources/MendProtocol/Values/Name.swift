import MendWire

/// The name of a queue, breaker, policy, transaction or worker: 1 to 128 characters out of
/// `A–Z a–z 0–9 . _ - : / @ +`, so that it can be typed, logged and put into a file name or a unit without quoting.
public struct Name: WireScalar, Comparable, CustomStringConvertible {
    public let text: String

    public static let maxLength = 128

    public init?(_ text: String) {
        guard (1...Self.maxLength).contains(text.utf8.count), text.utf8.allSatisfy(Self.isAllowed) else { return nil }
        self.text = text
    }

    package init(unchecked text: String) {
        self.text = text
    }

    public init(from decoder: any Decoder) throws {
        guard let name = Name(try decoder.singleValueContainer().decode(String.self)) else {
            throw InvalidValue("must be 1 to \(Self.maxLength) characters out of A-Z a-z 0-9 . _ - : / @ +")
        }
        self = name
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(text)
    }

    public var description: String { text }

    public static func < (left: Name, right: Name) -> Bool { left.text < right.text }

    public static let schema = Schema.string(
        pattern: "^[A-Za-z0-9._:/@+-]+$", maxLength: maxLength, description: "a name")
    public static let sample = Name(unchecked: "sample")

    private static func isAllowed(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"):
            true
        case UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "-"), UInt8(ascii: ":"), UInt8(ascii: "/"),
            UInt8(ascii: "@"), UInt8(ascii: "+"):
            true
        default: false
        }
    }
}
