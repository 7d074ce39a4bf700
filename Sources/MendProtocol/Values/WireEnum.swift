import MendWire

/// A value that is one JSON string or number on the wire, and knows how to describe itself.
public protocol WireScalar: Codable, Hashable, Sendable {
    static var schema: Schema { get }
    /// Any valid value; the recording decoder hands it out.
    static var sample: Self { get }
}

/// A closed set of snake_case words.
public protocol WireEnum: WireScalar, CaseIterable, RawRepresentable where RawValue == String {}

extension WireEnum {
    public static var schema: Schema { .enumeration(allCases.map(\.rawValue)) }

    public static var sample: Self {
        guard let first = allCases.first else { preconditionFailure("\(Self.self) has no case") }
        return first
    }

    public init(from decoder: any Decoder) throws {
        let word = try decoder.singleValueContainer().decode(String.self)
        guard let value = Self(rawValue: word) else {
            throw InvalidValue("must be one of \(Self.allCases.map(\.rawValue).joined(separator: ", "))")
        }
        self = value
    }
}
