import MendWire
import Testing

private struct Inner: Codable, Equatable {
    var list: [Int]
    var names: [String: Bool]
}

private enum Color: String, Codable { case red }

private struct Outer: Codable, Equatable {
    var text: String
    var absent: Int?
    var inner: Inner
    var raw: RawJSON
    var color: Color
    var empty: [Inner]
    var smallest: Int
    var largest: UInt64
    var double: Double
    var float: Float
    var flag: Bool
}

private struct Nothing: Codable, Equatable {}

@Suite("Encoding")
struct WireEncoderTests {
    private let outer = Outer(
        text: "a\"b\\c\n\u{1}é😀\u{2028}", absent: nil, inner: Inner(list: [1, -2], names: ["x": true]),
        raw: RawJSON(unchecked: #"{"n" : 1.10, "s":"\u0041\/"}"#), color: .red, empty: [], smallest: .min,
        largest: .max,
        double: 0.1, float: 0.1, flag: false)

    @Test("members come in their order, absent ones are left out, raw values as they were sent")
    func encodes() throws {
        let expected =
            #"{"text":"a\"b\\c\n\u0001é😀"# + "\u{2028}"
            + #"","inner":{"list":[1,-2],"names":{"x":true}},"raw":{"n" : 1.10, "s":"\u0041\/"},"color":"red","#
            + #""empty":[],"smallest":-9223372036854775808,"largest":18446744073709551615,"double":0.1,"float":0.1,"#
            + #""flag":false}"#
        #expect(try WireEncoder.text(of: outer) == expected)
    }

    @Test("what is encoded is decoded to the same")
    func roundTrip() throws {
        let text = try WireEncoder.text(of: [outer, outer])
        #expect(try WireDecoder.decode([Outer].self, from: JSONDocument(parsing: text).root) == [outer, outer])
        #expect(try WireEncoder.text(of: Nothing()) == "{}")
        #expect(try WireEncoder.text(of: [[1, nil], []] as [[Int?]]) == "[[1,null],[]]")
        #expect(try WireEncoder.text(of: "é\"") == #""é\"""#)
        #expect(try WireEncoder.text(of: RequestID("x")) == #""x""#)
        #expect(try WireEncoder.text(of: [RawJSON.null: 1].keys.first) == "null")
    }

    @Test("doubles read back as the same number")
    func doubles() throws {
        var generator = SeededGenerator(state: 7)
        var values: [Double] = [
            0, -0.0, 1, 1e16, 1e20, .leastNonzeroMagnitude, .greatestFiniteMagnitude, 1 / 3, 100, 0.1,
        ]
        for _ in 0..<2000 {
            let value = Double(bitPattern: generator.next())
            if value.isFinite { values.append(value) }
        }
        for value in values {
            let document = try JSONDocument(parsing: WireEncoder.text(of: value))
            #expect(try WireDecoder.decode(Double.self, from: document.root).bitPattern == value.bitPattern)
        }
    }

    @Test("infinities and NaN are refused, and nothing is left behind", arguments: [Double.infinity, -.infinity, .nan])
    func notFinite(_ value: Double) {
        var writer = JSONWriter()
        writer.writeRaw("before")
        #expect(throws: WireEncodingError.self) { try WireEncoder.encode(["a": [1, value]], into: &writer) }
        #expect(throws: WireEncodingError.self) { try WireEncoder.encode(Float(value), into: &writer) }
        #expect(throws: WireEncodingError.self) { try writer.writeResult(id: .null, encoding: [value]) }
        #expect(writer.text == "before")
    }

    @Test("integers are written to the digit")
    func integers() {
        for value in [0, 1, 9, 10, 99, 100, -1, -9, -10, 12345, 1 << 53, .max, .min] as [Int] {
            var writer = JSONWriter()
            writer.writeInteger(value)
            #expect(writer.text == String(value))
        }
        var writer = JSONWriter()
        writer.writeInteger(UInt64.max)
        writer.writeInteger(UInt8.max)
        #expect(writer.text == "18446744073709551615255")
    }

    @Test("every byte below 0x80 is read back as it was written, at every place of a word")
    func escapes() throws {
        for length in 1...17 {
            for byte in 0..<0x80 as Range<UInt8> {
                let text = String(repeating: "x", count: length - 1) + String(UnicodeScalar(byte)) + "yz"
                var writer = JSONWriter()
                writer.writeString(text)
                #expect(!writer.bytes.contains { $0 < 0x20 })
                #expect(try JSONDocument(parsing: writer.text).root.stringValue == text)
            }
        }
    }

    @Test("raw values cannot be handed to another coder")
    func otherCoders() throws {
        #expect(throws: EncodingError.self) { try RawJSON.null.encode(to: OtherCoder()) }
        #expect(throws: DecodingError.self) { try RawJSON(from: OtherCoder()) }
    }

    @Test("a value keeps its text when it is written on, but on one line")
    func values() throws {
        var writer = JSONWriter()
        writer.writeValue(try JSONDocument(parsing: "{ \"a\" :\r\n1.0}").root)
        writer.writeValue(try JSONDocument(parsing: "[1,  2]").root)
        #expect(writer.text == "{ \"a\" :  1.0}[1,  2]")
    }
}

private struct OtherCoder: Encoder, Decoder {
    var codingPath: [any CodingKey] { [] }
    var userInfo: [CodingUserInfoKey: Any] { [:] }

    func container<Key: CodingKey>(keyedBy type: Key.Type) -> KeyedEncodingContainer<Key> {
        fatalError("not asked for")
    }
    func unkeyedContainer() -> any UnkeyedEncodingContainer { fatalError("not asked for") }
    func singleValueContainer() -> any SingleValueEncodingContainer { fatalError("not asked for") }
    func container<Key: CodingKey>(keyedBy type: Key.Type) throws -> KeyedDecodingContainer<Key> {
        throw InvalidValue("not asked for")
    }
    func unkeyedContainer() throws -> any UnkeyedDecodingContainer { throw InvalidValue("not asked for") }
    func singleValueContainer() throws -> any SingleValueDecodingContainer { throw InvalidValue("not asked for") }
}
