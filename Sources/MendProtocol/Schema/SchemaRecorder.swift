import MendWire

extension Schema {
    /// The schema of any type of the wire, found by letting it decode itself from a recorder that hands out samples and
    /// notes what was asked for.
    public static func of<T: Decodable>(_ type: T.Type) -> Schema {
        let recorder = SchemaRecorder()
        return recorder.record(type).schema
    }
}

/// A `Decoder` that answers every request with a sample and writes down the request.
private final class SchemaRecorder: Decoder {
    var codingPath: [any CodingKey] { [] }
    var userInfo: [CodingUserInfoKey: Any] { [:] }
    var members: [Schema.Member] = []
    var isOpen = false
    var leaf: Schema?

    /// Lets `type` decode itself; a type that cannot is a mistake in this module, found by the first test that runs.
    func record<T: Decodable>(_ type: T.Type) -> (schema: Schema, value: T) {
        if let known = Self.known(type) { return known }
        let child = SchemaRecorder()
        do {
            let value = try T(from: child)
            let isOpen = child.isOpen || T.self is any KeepsUnknownMembers.Type
            return (child.leaf ?? .object(child.members, open: isOpen), value)
        } catch {
            preconditionFailure("\(type) cannot be recorded: \(error)")
        }
    }

    private static func known<T>(_ type: T.Type) -> (Schema, T)? {
        func made(_ schema: Schema, _ sample: Any) -> (Schema, T)? { (sample as? T).map { (schema, $0) } }
        switch type {
        case is Bool.Type: return made(.boolean, false)
        case is Int.Type: return made(.integer(), 0)
        case is Int32.Type: return made(.integer(), Int32(0))
        case is Int64.Type: return made(.integer(), Int64(0))
        case is UInt32.Type: return made(.integer(minimum: 0), UInt32(0))
        case is Double.Type: return made(.number(), 0.0)
        case is String.Type: return made(.string(), "")
        case is RawJSON.Type: return made(.any, RawJSON.null)
        case let scalar as any WireScalar.Type: return made(scalar.schema, scalar.sample)
        default: return nil
        }
    }

    func container<Key: CodingKey>(keyedBy type: Key.Type) -> KeyedDecodingContainer<Key> {
        KeyedDecodingContainer(KeyedRecorder<Key>(recorder: self))
    }

    func unkeyedContainer() -> any UnkeyedDecodingContainer { UnkeyedRecorder(recorder: self) }

    func singleValueContainer() -> any SingleValueDecodingContainer { SingleRecorder(recorder: self) }

    func note(_ name: String, _ schema: Schema, required: Bool) {
        members.append(Schema.Member(name: name, schema: schema, isRequired: required))
    }
}

private struct KeyedRecorder<Key: CodingKey>: KeyedDecodingContainerProtocol {
    let recorder: SchemaRecorder
    var codingPath: [any CodingKey] { [] }

    /// One member of any name: enough for a dictionary to ask for the schema of its values.
    var allKeys: [Key] { Key(stringValue: "*").map { [$0] } ?? [] }
    func contains(_ key: Key) -> Bool { true }
    func decodeNil(forKey key: Key) -> Bool { false }

    func decode<T: Decodable>(_ type: T.Type, forKey key: Key) -> T {
        let (schema, value) = recorder.record(type)
        if key.stringValue == "*" {
            recorder.leaf = .map(schema)
        } else {
            recorder.note(key.stringValue, schema, required: true)
        }
        return value
    }

    func decodeIfPresent<T: Decodable>(_ type: T.Type, forKey key: Key) -> T? {
        let (schema, value) = recorder.record(type)
        recorder.note(key.stringValue, schema, required: false)
        return value
    }

    // The protocol's own versions for standard types would go around the method above.
    func decodeIfPresent(_ type: Bool.Type, forKey key: Key) -> Bool? { note(type, key) }
    func decodeIfPresent(_ type: String.Type, forKey key: Key) -> String? { note(type, key) }
    func decodeIfPresent(_ type: Double.Type, forKey key: Key) -> Double? { note(type, key) }
    func decodeIfPresent(_ type: Int.Type, forKey key: Key) -> Int? { note(type, key) }
    func decodeIfPresent(_ type: Int32.Type, forKey key: Key) -> Int32? { note(type, key) }
    func decodeIfPresent(_ type: Int64.Type, forKey key: Key) -> Int64? { note(type, key) }
    func decodeIfPresent(_ type: UInt32.Type, forKey key: Key) -> UInt32? { note(type, key) }

    private func note<T: Decodable>(_ type: T.Type, _ key: Key) -> T? {
        let (schema, value) = recorder.record(type)
        recorder.note(key.stringValue, schema, required: false)
        return value
    }

    func nestedContainer<Nested: CodingKey>(keyedBy: Nested.Type, forKey: Key) -> KeyedDecodingContainer<Nested> {
        preconditionFailure("a type of the wire nests types, not containers")
    }
    func nestedUnkeyedContainer(forKey key: Key) -> any UnkeyedDecodingContainer {
        preconditionFailure("a type of the wire nests types, not containers")
    }
    func superDecoder() -> any Decoder { recorder }
    func superDecoder(forKey key: Key) -> any Decoder { recorder }
}

private struct UnkeyedRecorder: UnkeyedDecodingContainer {
    let recorder: SchemaRecorder
    var codingPath: [any CodingKey] { [] }
    var count: Int? { 1 }
    var isAtEnd: Bool { currentIndex > 0 }
    var currentIndex = 0

    mutating func decodeNil() -> Bool { false }

    mutating func decode<T: Decodable>(_ type: T.Type) -> T {
        currentIndex += 1
        let (schema, value) = recorder.record(type)
        recorder.leaf = .array(schema)
        return value
    }

    mutating func nestedContainer<Nested: CodingKey>(keyedBy: Nested.Type) -> KeyedDecodingContainer<Nested> {
        preconditionFailure("a type of the wire nests types, not containers")
    }
    mutating func nestedUnkeyedContainer() -> any UnkeyedDecodingContainer {
        preconditionFailure("a type of the wire nests types, not containers")
    }
    mutating func superDecoder() -> any Decoder { recorder }
}

private struct SingleRecorder: SingleValueDecodingContainer {
    let recorder: SchemaRecorder
    var codingPath: [any CodingKey] { [] }
    func decodeNil() -> Bool { false }

    func decode<T: Decodable>(_ type: T.Type) -> T {
        let (schema, value) = recorder.record(type)
        recorder.leaf = schema
        return value
    }
}
