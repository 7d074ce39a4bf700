import MendWire
import Testing

@Suite("JSON texts")
struct JSONParserTests {
    @Test("every valid text is taken and comes back as it was sent", arguments: validTexts)
    func valid(_ text: String) throws {
        let root = try JSONDocument(parsing: text).root
        let sent = Array(text.utf8)
        let start = sent.firstIndex { $0 > 0x20 } ?? 0
        let end = (sent.lastIndex { $0 > 0x20 } ?? 0) + 1
        #expect(Array(root.rawText.utf8) == Array(sent[start..<end]))
    }

    @Test("every invalid text is refused at the byte that is wrong", arguments: invalidTexts)
    func invalid(_ invalid: InvalidText) {
        let expected = JSONSyntaxError(offset: invalid.offset, problem: invalid.problem)
        #expect(throws: expected) { try JSONDocument(parsing: invalid.text) }
    }

    @Test("the tables are long enough")
    func tables() {
        #expect(validTexts.count + invalidTexts.count >= 200)
        #expect(Set(validTexts.map { Array($0.utf8) }).count == validTexts.count)
    }

    @Test("no beginning of an unfinished value is a value", arguments: validTexts)
    func beginnings(_ text: String) throws {
        let bytes = Array(text.utf8)
        guard let first = bytes.first(where: { $0 > 0x20 }), "\"[{tfn".utf8.contains(first),
            let last = bytes.lastIndex(where: { $0 > 0x20 })
        else { return }
        for length in 0..<last {
            #expect(throws: JSONSyntaxError.self) { try parse(Array(bytes[..<length])) }
        }
    }

    @Test("strings are unescaped")
    func strings() throws {
        let cases: [(String, String)] = [
            (#""""#, ""), (#""a""#, "a"), (#""\"\\\/\b\f\n\r\t""#, "\"\\/\u{8}\u{C}\n\r\t"), (#""\u0000""#, "\0"),
            (#""\u00e9\u00E9é""#, "ééé"), (#""\u20ac""#, "€"), (#""\ud83d\ude00😀""#, "😀😀"), (#""\uffff""#, "\u{FFFF}"),
            (#""\udbff\udfff""#, "\u{10FFFF}"), (#""\u007f\u0080\u07ff\u0800""#, "\u{7F}\u{80}\u{7FF}\u{800}"),
            (#""\\u0041""#, #"\u0041"#), (#""\u005cn""#, #"\n"#),
            (#""a long text that is not small\n""#, "a long text that is not small\n"),
        ]
        for (sent, meant) in cases {
            let value = try JSONDocument(parsing: sent).root
            #expect(value.stringValue.map { Array($0.unicodeScalars) } == Array(meant.unicodeScalars), "\(sent)")
        }
        #expect(try JSONDocument(parsing: "1").root.stringValue == nil)
    }

    @Test("the mask of eight bytes finds each special byte at each place")
    func specialBytes() throws {
        for length in 0..<20 {
            for place in 0..<max(length, 1) where length > 0 {
                for special in (0...0xFF as ClosedRange<UInt8>) {
                    var bytes = [UInt8](repeating: UInt8(ascii: "x"), count: length + 2)
                    bytes[0] = 0x22
                    bytes[length + 1] = 0x22
                    bytes[place + 1] = special
                    let isPlain = special >= 0x20 && special < 0x80 && special != 0x22 && special != 0x5C
                    #expect(isTaken(bytes) == isPlain, "\(special) at \(place) of \(length)")
                }
            }
        }
    }

    @Test("numbers keep their spelling, integers are exact")
    func numbers() throws {
        let big = "123456789012345678901234567890.10"
        #expect(try JSONDocument(parsing: " 1.10 ").root.rawText == "1.10")
        #expect(try JSONDocument(parsing: big).root.rawText == big)
        #expect(try JSONDocument(parsing: "9223372036854775807").root.integerValue == .max)
        #expect(try JSONDocument(parsing: "-9223372036854775808").root.integerValue == .min)
        #expect(try JSONDocument(parsing: "9223372036854775808").root.integerValue == nil)
        #expect(try JSONDocument(parsing: "-9223372036854775809").root.integerValue == nil)
        #expect(try JSONDocument(parsing: "-0").root.integerValue == 0)
        #expect(try JSONDocument(parsing: "1.0").root.integerValue == nil)
        #expect(try JSONDocument(parsing: "1e2").root.integerValue == nil)
    }

    @Test("nesting is taken up to the limit", arguments: ["[", #"{"a":"#])
    func depth(_ opening: String) throws {
        let closing = opening == "[" ? "]" : "}"
        func nested(_ depth: Int) -> String {
            String(repeating: opening, count: depth - 1) + (opening == "[" ? "[]" : "{}")
                + String(repeating: closing, count: depth - 1)
        }
        #expect(throws: Never.self) { try JSONDocument(parsing: nested(512)) }
        let limit = 512 * opening.utf8.count
        #expect(throws: JSONSyntaxError(offset: limit, problem: .tooDeep(limit: 512))) {
            try JSONDocument(parsing: nested(513))
        }
        #expect(throws: JSONSyntaxError(offset: limit, problem: .tooDeep(limit: 512))) {
            try JSONDocument(parsing: nested(10_000))
        }
        #expect(throws: Never.self) { try JSONDocument(parsing: nested(1_000_000), maxDepth: 1_000_000) }
        #expect(throws: JSONSyntaxError(offset: 0, problem: .tooDeep(limit: 0))) {
            try JSONDocument(parsing: "[]", maxDepth: 0)
        }
    }

    @Test("siblings do not count as nesting")
    func siblings() throws {
        let text = "[" + Array(repeating: "[]", count: 5000).joined(separator: ",") + "]"
        #expect(try JSONDocument(parsing: text, maxDepth: 2).root.count == 5000)
    }

    @Test("errors are readable")
    func description() {
        let error = #expect(throws: JSONSyntaxError.self) { try JSONDocument(parsing: "[1,]") }
        #expect(error?.description == "a value is expected at byte 3")
        #expect(error?.isTooDeep == false)
        #expect(JSONSyntaxError(offset: 1, problem: .tooDeep(limit: 2)).isTooDeep)
    }
}

@Suite("UTF-8 of RFC 3629")
struct UTF8Tests {
    /// What the standard library, which knows nothing of our table, makes of the bytes.
    private func isUTF8(_ bytes: [UInt8]) -> Bool { String(validating: bytes, as: UTF8.self) != nil }

    @Test("two bytes: every pair")
    func pairs() {
        for first in (0x80...0xFF as ClosedRange<UInt8>) {
            for second in (0x20...0xFF as ClosedRange<UInt8>) where second != 0x22 && second != 0x5C {
                #expect(isTaken([0x22, first, second, 0x22]) == isUTF8([first, second]))
            }
        }
    }

    @Test("three and four bytes: every lead with the edges of what may follow")
    func edges() {
        let edges: [UInt8] = [0x7F, 0x80, 0x81, 0x8F, 0x90, 0x9F, 0xA0, 0xBF, 0xC0, 0xFF]
        for first in (0xE0...0xFF as ClosedRange<UInt8>) {
            for second in edges {
                for third in edges {
                    let three = [first, second, third]
                    #expect(isTaken([0x22] + three + [0x22]) == isUTF8(three), "\(three)")
                    for fourth in edges where first >= 0xF0 {
                        let four = three + [fourth]
                        #expect(isTaken([0x22] + four + [0x22]) == isUTF8(four), "\(four)")
                    }
                }
            }
        }
    }

    @Test(
        "the known bad ones are refused where they begin",
        arguments: [
            [0x80], [0xBF], [0xC0, 0x80], [0xC0, 0xAF], [0xC1, 0xBF], [0xE0, 0x80, 0xAF], [0xE0, 0x9F, 0xBF],
            [0xED, 0xA0, 0x80], [0xED, 0xBF, 0xBF], [0xF0, 0x80, 0x80, 0xAF], [0xF0, 0x8F, 0xBF, 0xBF],
            [0xF4, 0x90, 0x80, 0x80], [0xF5, 0x80, 0x80, 0x80], [0xFE], [0xFF], [0xC3], [0xE2, 0x82],
            [0xF0, 0x9F, 0x98],
        ] as [[UInt8]])
    func bad(_ bytes: [UInt8]) {
        #expect(throws: JSONSyntaxError(offset: 2, problem: .badUTF8)) { try parse([0x22, 0x61] + bytes + [0x22]) }
        #expect(throws: JSONSyntaxError.self) { try parse([0x22] + bytes) }
    }
}
