/// Encodes `Encodable` types straight to bytes: members in the order in which the type encodes them, absent optionals
/// left out, ``RawJSON`` as it is.
///
/// `nestedContainer` and `superEncoder` are not supported and stop the program: a nested value is a type of its own.
/// Calling another type's `encode(to:)` with the same encoder is: both then write members of one object.
package enum WireEncoder {
    /// Appends the value; when it throws, `writer` is as it was.
    package static func encode(_ value: some Encodable, into writer: inout JSONWriter) throws(WireEncodingError) {
        let start = writer.bytes.count
        let state = EncodingState()
        swap(&state.writer, &writer)
        defer { swap(&state.writer, &writer) }
        do {
            try state.encode(value)
        } catch {
            state.writer.bytes.removeSubrange(start...)
            throw error as? WireEncodingError ?? WireEncodingError(message: "\(error)")
        }
    }

    /// The value as a text of its own.
    package static func text(of value: some Encodable) throws(WireEncodingError) -> String {
        var writer = JSONWriter()
        try encode(value, into: &writer)
        return writer.text
    }
}

/// A value that JSON cannot have.
package struct WireEncodingError: Error, Sendable, Hashable, CustomStringConvertible {
    /// A sentence for people.
    package let message: String
    package var description: String { message }
}

/// What the encoder and all containers of one encoding share. It lives on one thread, for one call.
final class EncodingState {
    enum Shape {
        case none, object, array, single
    }

    /// The value that is being encoded. A value inside saves its parent's frame on the stack.
    struct Frame {
        var shape = Shape.none
        var count = 0

        /// True when the shape is new, so that its bracket must be written.
        @discardableResult
        mutating func enter(_ new: Shape) -> Bool {
            guard shape != new else { return false }
            precondition(shape == .none, "one value is encoded as \(shape) and as \(new)")
            shape = new
            return true
        }
    }

    var writer = JSONWriter()
    var frame = Frame()

    func encode<T: Encodable>(_ value: T) throws {
        // These two are known to be T, and too frequent for a dynamic cast.
        if T.self == RawJSON.self { return writer.writeRaw(unsafeBitCast(value, to: RawJSON.self).text) }
        if T.self == String.self { return writer.writeString(unsafeBitCast(value, to: String.self)) }
        let outer = frame
        frame = Frame()
        defer { frame = outer }
        try value.encode(to: WireNodeEncoder(state: self))
        switch frame.shape {
        case .object: writer.writeByte(UInt8(ascii: "}"))
        case .array: writer.writeByte(UInt8(ascii: "]"))
        case .single: break
        case .none: writer.writeRaw("{}")
        }
    }

    func element() {
        if frame.count > 0 { writer.writeByte(UInt8(ascii: ",")) }
        frame.count += 1
    }

    func name(_ name: String) {
        element()
        writer.writeString(name)
        writer.writeByte(UInt8(ascii: ":"))
    }

    func bool(_ value: Bool) { writer.writeBool(value) }
    func string(_ value: String) { writer.writeString(value) }
    func integer(_ value: some FixedWidthInteger) { writer.writeInteger(value) }

    func double(_ value: Double) throws(WireEncodingError) {
        guard writer.writeDouble(value) else { throw WireEncodingError(message: "JSON has no number \(value)") }
    }

    func float(_ value: Float) throws(WireEncodingError) {
        guard writer.writeFloat(value) else { throw WireEncodingError(message: "JSON has no number \(value)") }
    }

    static func unsupported() -> Never {
        preconditionFailure("nested containers and super encoders are not supported: encode a type of its own")
    }
}

/// The `Encoder` that types see.
struct WireNodeEncoder: Encoder {
    let state: EncodingState

    var codingPath: [any CodingKey] { [] }
    var userInfo: [CodingUserInfoKey: Any] { [:] }

    func container<Key: CodingKey>(keyedBy type: Key.Type) -> KeyedEncodingContainer<Key> {
        if state.frame.enter(.object) { state.writer.writeByte(UInt8(ascii: "{")) }
        return KeyedEncodingContainer(WireKeyedEncoding<Key>(state: state))
    }

    func unkeyedContainer() -> any UnkeyedEncodingContainer {
        if state.frame.enter(.array) { state.writer.writeByte(UInt8(ascii: "[")) }
        return WireUnkeyedEncoding(state: state)
    }

    func singleValueContainer() -> any SingleValueEncodingContainer {
        state.frame.enter(.single)
        return WireSingleEncoding(state: state)
    }
}
