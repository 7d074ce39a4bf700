import MendWire
import Testing

@Suite("Mutated texts")
struct JSONMutationTests {
    private static let seeds: [String] = [
        #"{"jsonrpc":"2.0","id":12345,"method":"queue.enqueue","params":{"queue":"emails","#
            + #""payload":{"to":"a@example.com","n":[1,2.50,-3e+10,null,true,false],"#
            + #""s":"\u00e9\ud83d\ude00\n"},"priority":10}}"#,
        #"[{"jsonrpc":"2.0","method":"a","params":{}},{"jsonrpc":"2.0","id":"x","method":"b","params":{"c":[[[]]]}}]"#,
        #"{"é😀":"Привет","a\"b":["\\",{"":{}}],"long name of a member":-0.0}"#,
    ]

    private static let pool: [[UInt8]] =
        [
            "\"", "\\", "{", "}", "[", "]", ":", ",", "0", "-", ".", "e", "\\u", "\\ud800", "null", " ", "\n", "\0",
            "é",
        ].map { Array($0.utf8) } + [[0xFF], [0xC0], [0xED, 0xA0, 0x80], [0x80]]

    @Test("20,000 mutated lines do not crash, and what is taken agrees with a second parse of its own text")
    func mutations() throws {
        var generator = SeededGenerator(state: 20_26)
        var taken = 0
        for _ in 0..<20_000 {
            var bytes = Array(Self.seeds.randomElement(using: &generator)!.utf8)
            for _ in 0..<Int.random(in: 1...3, using: &generator) { mutate(&bytes, &generator) }
            bytes.withUnsafeBytes { _ = RPCMessage.parse($0) }
            guard let document = try? parse(bytes) else { continue }
            taken += 1
            try compare(document.root, with: JSONDocument(parsing: document.root.rawText).root)
            try compare(document.root, with: JSONDocument(parsing: rewritten(document.root)).root)
        }
        // Else the mutations are too wild to tell anything.
        #expect(taken > 2000 && taken < 19_000)
    }

    private func mutate(_ bytes: inout [UInt8], _ generator: inout SeededGenerator) {
        guard !bytes.isEmpty else { return }
        let place = Int.random(in: 0..<bytes.count, using: &generator)
        switch Int.random(in: 0..<5, using: &generator) {
        case 0: bytes[place] = UInt8.random(in: 0...255, using: &generator)
        case 1: bytes.remove(at: place)
        case 2: bytes.insert(contentsOf: Self.pool.randomElement(using: &generator)!, at: place)
        case 3: bytes[place] = UInt8.random(in: 0x30...0x7A, using: &generator)
        default:
            let end = Int.random(in: place...bytes.count, using: &generator)
            bytes.insert(contentsOf: bytes[place..<end], at: end)
        }
    }

    private func compare(_ one: JSONValue, with other: JSONValue) throws {
        try #require(one.kind == other.kind && one.count == other.count)
        switch one.kind {
        case .object:
            for (first, second) in zip(one.members, other.members) {
                try #require(first.name.utf8.elementsEqual(second.name.utf8))
                try compare(first.value, with: second.value)
            }
        case .array:
            for (first, second) in zip(one.elements, other.elements) { try compare(first, with: second) }
        case .string:
            let (first, second) = try (#require(one.stringValue), #require(other.stringValue))
            try #require(first.utf8.elementsEqual(second.utf8))
        default: try #require(one.rawText == other.rawText)
        }
    }

    /// The value written anew from what the accessors say.
    private func rewritten(_ value: JSONValue) -> String {
        var writer = JSONWriter()
        func write(_ value: JSONValue) {
            switch value.kind {
            case .object:
                writer.writeRaw("{")
                for (place, member) in value.members.enumerated() {
                    if place > 0 { writer.writeRaw(",") }
                    writer.writeString(member.name)
                    writer.writeRaw(":")
                    write(member.value)
                }
                writer.writeRaw("}")
            case .array:
                writer.writeRaw("[")
                for (place, element) in value.elements.enumerated() {
                    if place > 0 { writer.writeRaw(",") }
                    write(element)
                }
                writer.writeRaw("]")
            case .string: writer.writeString(value.stringValue ?? "")
            default: writer.writeRaw(value.rawText)
            }
        }
        write(value)
        return writer.text
    }
}
