/// Members of an object. All `decodeIfPresent` are here because the library's own look each name up three times.
struct WireKeyedDecoding<Key: CodingKey>: KeyedDecodingContainerProtocol {
    let state: DecodingState
    let object: Int

    var codingPath: [any CodingKey] { [] }

    var allKeys: [Key] {
        JSONValue(document: state.document, index: object).members.compactMap { Key(stringValue: $0.name) }
    }

    func contains(_ key: Key) -> Bool { state.find(key.stringValue, in: object) >= 0 }

    func decodeNil(forKey key: Key) throws -> Bool { state.isNull(try required(key)) }

    private func required(_ key: Key) throws -> Int {
        let node = state.find(key.stringValue, in: object)
        guard node >= 0 else { throw state.missing(key.stringValue, in: object) }
        return node
    }

    /// Nil for a member that is absent or null.
    private func optional(_ key: Key) -> Int? {
        let node = state.find(key.stringValue, in: object)
        return node < 0 || state.isNull(node) ? nil : node
    }

    func decode<T: Decodable>(_ type: T.Type, forKey key: Key) throws -> T {
        try state.decode(type, at: required(key))
    }

    func decodeIfPresent<T: Decodable>(_ type: T.Type, forKey key: Key) throws -> T? {
        try optional(key).map { node in try state.decode(type, at: node) }
    }

    func decode(_ type: Bool.Type, forKey key: Key) throws -> Bool { try state.bool(at: required(key)) }
    func decode(_ type: String.Type, forKey key: Key) throws -> String { try state.string(at: required(key)) }
    func decode(_ type: Double.Type, forKey key: Key) throws -> Double { try state.floating(at: required(key)) }
    func decode(_ type: Float.Type, forKey key: Key) throws -> Float { try state.floating(at: required(key)) }
    func decode(_ type: Int.Type, forKey key: Key) throws -> Int { try state.integer(at: required(key)) }
    func decode(_ type: Int8.Type, forKey key: Key) throws -> Int8 { try state.integer(at: required(key)) }
    func decode(_ type: Int16.Type, forKey key: Key) throws -> Int16 { try state.integer(at: required(key)) }
    func decode(_ type: Int32.Type, forKey key: Key) throws -> Int32 { try state.integer(at: required(key)) }
    func decode(_ type: Int64.Type, forKey key: Key) throws -> Int64 { try state.integer(at: required(key)) }
    func decode(_ type: UInt.Type, forKey key: Key) throws -> UInt { try state.integer(at: required(key)) }
    func decode(_ type: UInt8.Type, forKey key: Key) throws -> UInt8 { try state.integer(at: required(key)) }
    func decode(_ type: UInt16.Type, forKey key: Key) throws -> UInt16 { try state.integer(at: required(key)) }
    func decode(_ type: UInt32.Type, forKey key: Key) throws -> UInt32 { try state.integer(at: required(key)) }
    func decode(_ type: UInt64.Type, forKey key: Key) throws -> UInt64 { try state.integer(at: required(key)) }

    func decodeIfPresent(_ type: Bool.Type, forKey key: Key) throws -> Bool? {
        try optional(key).map { try state.bool(at: $0) }
    }
    func decodeIfPresent(_ type: String.Type, forKey key: Key) throws -> String? {
        try optional(key).map { try state.string(at: $0) }
    }
    func decodeIfPresent(_ type: Double.Type, forKey key: Key) throws -> Double? {
        try optional(key).map { try state.floating(at: $0) }
    }
    func decodeIfPresent(_ type: Float.Type, forKey key: Key) throws -> Float? {
        try optional(key).map { try state.floating(at: $0) }
    }
    func decodeIfPresent(_ type: Int.Type, forKey key: Key) throws -> Int? {
        try optional(key).map { try state.integer(at: $0) }
    }
    func decodeIfPresent(_ type: Int8.Type, forKey key: Key) throws -> Int8? {
        try optional(key).map { try state.integer(at: $0) }
    }
    func decodeIfPresent(_ type: Int16.Type, forKey key: Key) throws -> Int16? {
        try optional(key).map { try state.integer(at: $0) }
    }
    func decodeIfPresent(_ type: Int32.Type, forKey key: Key) throws -> Int32? {
        try optional(key).map { try state.integer(at: $0) }
    }
    func decodeIfPresent(_ type: Int64.Type, forKey key: Key) throws -> Int64? {
        try optional(key).map { try state.integer(at: $0) }
    }
    func decodeIfPresent(_ type: UInt.Type, forKey key: Key) throws -> UInt? {
        try optional(key).map { try state.integer(at: $0) }
    }
    func decodeIfPresent(_ type: UInt8.Type, forKey key: Key) throws -> UInt8? {
        try optional(key).map { try state.integer(at: $0) }
    }
    func decodeIfPresent(_ type: UInt16.Type, forKey key: Key) throws -> UInt16? {
        try optional(key).map { try state.integer(at: $0) }
    }
    func decodeIfPresent(_ type: UInt32.Type, forKey key: Key) throws -> UInt32? {
        try optional(key).map { try state.integer(at: $0) }
    }
    func decodeIfPresent(_ type: UInt64.Type, forKey key: Key) throws -> UInt64? {
        try optional(key).map { try state.integer(at: $0) }
    }

    func nestedContainer<Nested: CodingKey>(
        keyedBy type: Nested.Type, forKey key: Key
    ) throws -> KeyedDecodingContainer<Nested> { throw state.unsupported(object) }

    func nestedUnkeyedContainer(forKey key: Key) throws -> any UnkeyedDecodingContainer {
        throw state.unsupported(object)
    }

    func superDecoder() throws -> any Decoder { throw state.unsupported(object) }

    func superDecoder(forKey key: Key) throws -> any Decoder { throw state.unsupported(object) }
}
