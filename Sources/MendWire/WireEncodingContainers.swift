struct WireKeyedEncoding<Key: CodingKey>: KeyedEncodingContainerProtocol {
    let state: EncodingState

    var codingPath: [any CodingKey] { [] }

    private func member(_ key: Key) -> EncodingState {
        state.name(key.stringValue)
        return state
    }

    func encodeNil(forKey key: Key) { member(key).writer.writeNull() }
    func encode<T: Encodable>(_ value: T, forKey key: Key) throws { try member(key).encode(value) }
    func encode(_ value: Bool, forKey key: Key) { member(key).bool(value) }
    func encode(_ value: String, forKey key: Key) { member(key).string(value) }
    func encode(_ value: Double, forKey key: Key) throws { try member(key).double(value) }
    func encode(_ value: Float, forKey key: Key) throws { try member(key).float(value) }
    func encode(_ value: Int, forKey key: Key) { member(key).integer(value) }
    func encode(_ value: Int8, forKey key: Key) { member(key).integer(value) }
    func encode(_ value: Int16, forKey key: Key) { member(key).integer(value) }
    func encode(_ value: Int32, forKey key: Key) { member(key).integer(value) }
    func encode(_ value: Int64, forKey key: Key) { member(key).integer(value) }
    func encode(_ value: UInt, forKey key: Key) { member(key).integer(value) }
    func encode(_ value: UInt8, forKey key: Key) { member(key).integer(value) }
    func encode(_ value: UInt16, forKey key: Key) { member(key).integer(value) }
    func encode(_ value: UInt32, forKey key: Key) { member(key).integer(value) }
    func encode(_ value: UInt64, forKey key: Key) { member(key).integer(value) }

    func nestedContainer<Nested: CodingKey>(
        keyedBy keyType: Nested.Type, forKey key: Key
    ) -> KeyedEncodingContainer<Nested> { EncodingState.unsupported() }

    func nestedUnkeyedContainer(forKey key: Key) -> any UnkeyedEncodingContainer { EncodingState.unsupported() }

    func superEncoder() -> any Encoder { EncodingState.unsupported() }

    func superEncoder(forKey key: Key) -> any Encoder { EncodingState.unsupported() }
}

struct WireUnkeyedEncoding: UnkeyedEncodingContainer {
    let state: EncodingState

    var codingPath: [any CodingKey] { [] }
    var count: Int { state.frame.count }

    private func element() -> EncodingState {
        state.element()
        return state
    }

    func encodeNil() { element().writer.writeNull() }
    func encode<T: Encodable>(_ value: T) throws { try element().encode(value) }
    func encode(_ value: Bool) { element().bool(value) }
    func encode(_ value: String) { element().string(value) }
    func encode(_ value: Double) throws { try element().double(value) }
    func encode(_ value: Float) throws { try element().float(value) }
    func encode(_ value: Int) { element().integer(value) }
    func encode(_ value: Int8) { element().integer(value) }
    func encode(_ value: Int16) { element().integer(value) }
    func encode(_ value: Int32) { element().integer(value) }
    func encode(_ value: Int64) { element().integer(value) }
    func encode(_ value: UInt) { element().integer(value) }
    func encode(_ value: UInt8) { element().integer(value) }
    func encode(_ value: UInt16) { element().integer(value) }
    func encode(_ value: UInt32) { element().integer(value) }
    func encode(_ value: UInt64) { element().integer(value) }

    func nestedContainer<Nested: CodingKey>(keyedBy keyType: Nested.Type) -> KeyedEncodingContainer<Nested> {
        EncodingState.unsupported()
    }

    func nestedUnkeyedContainer() -> any UnkeyedEncodingContainer { EncodingState.unsupported() }

    func superEncoder() -> any Encoder { EncodingState.unsupported() }
}

struct WireSingleEncoding: SingleValueEncodingContainer {
    let state: EncodingState

    var codingPath: [any CodingKey] { [] }

    func encodeNil() { state.writer.writeNull() }
    func encode<T: Encodable>(_ value: T) throws { try state.encode(value) }
    func encode(_ value: Bool) { state.bool(value) }
    func encode(_ value: String) { state.string(value) }
    func encode(_ value: Double) throws { try state.double(value) }
    func encode(_ value: Float) throws { try state.float(value) }
    func encode(_ value: Int) { state.integer(value) }
    func encode(_ value: Int8) { state.integer(value) }
    func encode(_ value: Int16) { state.integer(value) }
    func encode(_ value: Int32) { state.integer(value) }
    func encode(_ value: Int64) { state.integer(value) }
    func encode(_ value: UInt) { state.integer(value) }
    func encode(_ value: UInt8) { state.integer(value) }
    func encode(_ value: UInt16) { state.integer(value) }
    func encode(_ value: UInt32) { state.integer(value) }
    func encode(_ value: UInt64) { state.integer(value) }
}
