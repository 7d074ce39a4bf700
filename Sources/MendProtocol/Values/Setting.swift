import MendWire

/// What a call says about a setting that may be unset: `null` unsets it. A setting of which nothing is said stays as it is,
/// so a member of this type is optional.
public enum Setting<Value: Codable & Hashable & Sendable>: WireScalar {
    case unset
    case to(Value)

    /// The value that the setting has after the call.
    public var value: Value? {
        switch self {
        case .unset: nil
        case .to(let value): value
        }
    }

    public init(from decoder: any Decoder) throws {
        // `null` is seen where members are decoded, below.
        self = .to(try Value(from: decoder))
    }

    public func encode(to encoder: any Encoder) throws {
        switch self {
        case .unset:
            var container = encoder.singleValueContainer()
            try container.encodeNil()
        case .to(let value): try value.encode(to: encoder)
        }
    }

    public static var schema: Schema { .oneOf([Schema.of(Value.self), .null]) }
    public static var sample: Setting { .unset }
}

extension Optional {
    /// The value of a setting after a call that says `change`, or nothing, about it.
    package func changed(by change: Setting<Wrapped>?) -> Wrapped? where Wrapped: Codable & Hashable & Sendable {
        guard let change else { return self }
        return change.value
    }
}

extension KeyedDecodingContainer {
    /// Tells a member that is `null` from one that is left out. Synthesized decoders take this one for a ``Setting``.
    func decodeIfPresent<Value>(_ type: Setting<Value>.Type, forKey key: Key) throws -> Setting<Value>? {
        guard contains(key) else { return nil }
        if try decodeNil(forKey: key) { return .unset }
        return try optional(type, forKey: key)
    }

    /// In a generic function, so that it is not the one above that is called again.
    private func optional<T: Decodable>(_ type: T.Type, forKey key: Key) throws -> T? {
        try decodeIfPresent(type, forKey: key)
    }
}
