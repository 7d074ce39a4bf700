/// Decodes `Decodable` types from a parsed document, exactly: no coercion between kinds, no rounding of integers, no
/// member twice in an object, and none that the type never asks for.
///
/// `nestedContainer` and `superDecoder` are not supported and throw: a nested value is a type of its own. Calling
/// another type's `init(from:)` with the same decoder is: both then share one object.
package enum WireDecoder {
    /// What becomes of members that a type never asks for. A type that ``KeepsUnknownMembers`` has them either way.
    package enum UnknownMembers: Sendable {
        case refuse, ignore
    }

    /// `ignoring` are members of `value` itself that are passed over, since they are somebody else's, such as `_meta`.
    package static func decode<T: Decodable>(
        _ type: T.Type, from value: JSONValue, unknownMembers: UnknownMembers = .refuse, ignoring: [String] = []
    ) throws(WireDecodingError) -> T {
        let state = DecodingState(value, refusesUnknown: unknownMembers == .refuse, ignoring: ignoring)
        return try state.decode(type, at: value.index)
    }
}

/// The `Decoder` that types see: a node and the state of the whole decoding.
struct WireNodeDecoder: Decoder {
    let state: DecodingState
    let node: Int

    // Paths are computed from the document when they are needed.
    var codingPath: [any CodingKey] { [] }
    var userInfo: [CodingUserInfoKey: Any] { [:] }

    func container<Key: CodingKey>(keyedBy type: Key.Type) throws -> KeyedDecodingContainer<Key> {
        try state.openObject(node)
        return KeyedDecodingContainer(WireKeyedDecoding<Key>(state: state, object: node))
    }

    func unkeyedContainer() throws -> any UnkeyedDecodingContainer {
        guard state.tape.nodes[node].tag == .array else { throw state.wrongType(node, "an array") }
        return WireUnkeyedDecoding(state: state, array: node)
    }

    func singleValueContainer() -> any SingleValueDecodingContainer {
        WireSingleDecoding(state: state, node: node)
    }
}
