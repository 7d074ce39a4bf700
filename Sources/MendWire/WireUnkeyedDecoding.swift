/// Elements of an array.
struct WireUnkeyedDecoding: UnkeyedDecodingContainer {
    let state: DecodingState
    let array: Int
    private(set) var currentIndex = 0
    private var node: Int

    init(state: DecodingState, array: Int) {
        self.state = state
        self.array = array
        node = array + 1
    }

    var codingPath: [any CodingKey] { [] }
    var count: Int? { state.tape.nodes[array].count }
    var isAtEnd: Bool { currentIndex == state.tape.nodes[array].count }

    private mutating func next() throws -> Int {
        guard !isAtEnd else { throw state.missing("[\(currentIndex)]", in: array) }
        defer {
            node = Int(state.tape.nodes[node].next)
            currentIndex += 1
        }
        return node
    }

    mutating func decodeNil() throws -> Bool {
        guard !isAtEnd, state.isNull(node) else { return false }
        _ = try next()
        return true
    }

    mutating func decode<T: Decodable>(_ type: T.Type) throws -> T { try state.decode(type, at: next()) }
    mutating func decode(_ type: Bool.Type) throws -> Bool { try state.bool(at: next()) }
    mutating func decode(_ type: String.Type) throws -> String { try state.string(at: next()) }
    mutating func decode(_ type: Double.Type) throws -> Double { try state.floating(at: next()) }
    mutating func decode(_ type: Float.Type) throws -> Float { try state.floating(at: next()) }
    mutating func decode(_ type: Int.Type) throws -> Int { try state.integer(at: next()) }
    mutating func decode(_ type: Int8.Type) throws -> Int8 { try state.integer(at: next()) }
    mutating func decode(_ type: Int16.Type) throws -> Int16 { try state.integer(at: next()) }
    mutating func decode(_ type: Int32.Type) throws -> Int32 { try state.integer(at: next()) }
    mutating func decode(_ type: Int64.Type) throws -> Int64 { try state.integer(at: next()) }
    mutating func decode(_ type: UInt.Type) throws -> UInt { try state.integer(at: next()) }
    mutating func decode(_ type: UInt8.Type) throws -> UInt8 { try state.integer(at: next()) }
    mutating func decode(_ type: UInt16.Type) throws -> UInt16 { try state.integer(at: next()) }
    mutating func decode(_ type: UInt32.Type) throws -> UInt32 { try state.integer(at: next()) }
    mutating func decode(_ type: UInt64.Type) throws -> UInt64 { try state.integer(at: next()) }

    mutating func nestedContainer<Nested: CodingKey>(
        keyedBy type: Nested.Type
    ) throws -> KeyedDecodingContainer<Nested> { throw state.unsupported(array) }

    mutating func nestedUnkeyedContainer() throws -> any UnkeyedDecodingContainer { throw state.unsupported(array) }

    mutating func superDecoder() throws -> any Decoder { throw state.unsupported(array) }
}
