/// A JSON value that is kept exactly as it was sent: its escapes, the spelling of its numbers, its inner spaces.
///
/// It can be decoded and encoded by Mend's own coders only, since no other can hand on a text as it is. Two are equal
/// if their texts are, so `1.0` and `1` differ.
public struct RawJSON: Sendable, Hashable, Codable, CustomStringConvertible {
    /// One JSON value on one line.
    public let text: String

    /// Checks a text from outside. White space around the value is dropped, and line breaks between tokens become
    /// spaces, so that it can be part of a message. Values that are nested deeper than a message may be are refused.
    public init(validating text: String) throws(JSONSyntaxError) {
        self.init(try JSONDocument(parsing: text).root)
    }

    /// For texts that are known to be one JSON value without line breaks.
    package init(unchecked text: String) {
        self.text = text
    }

    /// The text of a value; line breaks between its tokens become spaces.
    package init(_ value: JSONValue) {
        guard value.document.hasLineBreaks else {
            text = value.rawText
            return
        }
        var writer = JSONWriter()
        writer.writeValue(value)
        text = writer.text
    }

    /// `null`
    public static let null = RawJSON(unchecked: "null")
    /// `{}`
    package static let emptyObject = RawJSON(unchecked: "{}")

    /// A JSON string.
    public static func string(_ value: String) -> RawJSON {
        var writer = JSONWriter()
        writer.writeString(value)
        return RawJSON(unchecked: writer.text)
    }

    /// A JSON number.
    public static func integer(_ value: Int) -> RawJSON { RawJSON(unchecked: String(value)) }

    /// `true` or `false`
    public static func bool(_ value: Bool) -> RawJSON { RawJSON(unchecked: value ? "true" : "false") }

    public var description: String { text }

    /// The value, parsed anew. It throws only for what `init(unchecked:)` was wrongly given.
    package var document: JSONDocument {
        get throws(JSONSyntaxError) { try JSONDocument(parsing: text, maxDepth: RPCResponse.maxDepth) }
    }

    public init(from decoder: any Decoder) throws {
        guard let wire = decoder as? WireNodeDecoder else {
            let context = DecodingError.Context(
                codingPath: decoder.codingPath, debugDescription: "RawJSON can be decoded by WireDecoder only")
            throw DecodingError.typeMismatch(RawJSON.self, context)
        }
        self = wire.state.rawJSON(at: wire.node)
    }

    public func encode(to encoder: any Encoder) throws {
        guard let wire = encoder as? WireNodeEncoder else {
            let context = EncodingError.Context(
                codingPath: encoder.codingPath, debugDescription: "RawJSON can be encoded by WireEncoder only")
            throw EncodingError.invalidValue(text, context)
        }
        wire.state.frame.enter(.single)
        wire.state.writer.writeRaw(text)
    }

    // By bytes: `String` takes the two spellings of an accented letter for equal.
    public static func == (one: RawJSON, other: RawJSON) -> Bool { one.text.utf8.elementsEqual(other.text.utf8) }

    public func hash(into hasher: inout Hasher) {
        var text = text
        text.withUTF8 { hasher.combine(bytes: UnsafeRawBufferPointer($0)) }
    }
}
