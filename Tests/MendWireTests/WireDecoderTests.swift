import MendWire
import Testing

private struct Retry: Codable, Equatable {
    enum CodingKeys: String, CodingKey {
        case baseMs = "base_ms"
        case factor, names
    }
    var baseMs: Int
    var factor: Double?
    var names: [String]?
}

private enum Mode: String, Codable, CaseIterable { case fast, slow }

private struct Name: Codable, Equatable {
    let text: String

    init(from decoder: any Decoder) throws {
        text = try decoder.singleValueContainer().decode(String.self)
        guard !text.isEmpty else { throw InvalidValue("must be 1 to 64 bytes") }
    }
}

private struct Params: Codable, Equatable {
    var queue: Name
    var payload: RawJSON?
    var priority: Int8?
    var mode: Mode?
    var retry: Retry?
    var tags: [String: Int]?
    var retries: [Retry]?
    var dry: Bool?
    var big: UInt64?
}

private func decode<T: Decodable>(
    _ type: T.Type, _ text: String, unknown: WireDecoder.UnknownMembers = .refuse, ignoring: [String] = []
) throws -> T {
    try WireDecoder.decode(
        type, from: try JSONDocument(parsing: text).root, unknownMembers: unknown, ignoring: ignoring)
}

private func failure<T: Decodable>(_ type: T.Type, _ text: String) -> WireDecodingError? {
    #expect(throws: WireDecodingError.self, "\(text)") { try decode(type, text) }
}

/// Parameters that are refused, and how.
private struct Wrong: CustomTestStringConvertible {
    let text: String
    let kind: WireDecodingError.Kind
    let path: String
    let message: String

    init(_ text: String, _ kind: WireDecodingError.Kind, _ path: String, _ message: String) {
        self.text = text
        self.kind = kind
        self.path = path
        self.message = message
    }

    var testDescription: String { text }
}

private let wrongParams: [Wrong] = [
    Wrong(#"{}"#, .missing, "queue", "queue is required"),
    Wrong(#"{"queue":null}"#, .wrongType, "queue", "queue must be a string, got null"),
    Wrong(#"{"queue":1}"#, .wrongType, "queue", "queue must be a string, got a number"),
    Wrong(#"{"queue":""}"#, .invalid, "queue", "queue must be 1 to 64 bytes"),
    Wrong(#"{"queue":"q","retry":{}}"#, .missing, "retry.base_ms", "retry.base_ms is required"),
    Wrong(
        #"{"queue":"q","retry":{"base_ms":"1"}}"#, .wrongType, "retry.base_ms",
        "retry.base_ms must be an integer, got a string"),
    Wrong(
        #"{"queue":"q","retry":{"base_ms":1.0}}"#, .wrongType, "retry.base_ms",
        "retry.base_ms must be an integer, without fraction or exponent"),
    Wrong(
        #"{"queue":"q","priority":1e1}"#, .wrongType, "priority",
        "priority must be an integer, without fraction or exponent"),
    Wrong(#"{"queue":"q","priority":128}"#, .invalid, "priority", "priority is out of range (-128 to 127)"),
    Wrong(#"{"queue":"q","priority":-129}"#, .invalid, "priority", "priority is out of range (-128 to 127)"),
    Wrong(#"{"queue":"q","big":-1}"#, .invalid, "big", "big is out of range (0 to 18446744073709551615)"),
    Wrong(
        #"{"queue":"q","big":18446744073709551616}"#, .invalid, "big", "big is out of range (0 to 18446744073709551615)"
    ),
    Wrong(#"{"queue":"q","priority":true}"#, .wrongType, "priority", "priority must be an integer, got a boolean"),
    Wrong(#"{"queue":"q","dry":1}"#, .wrongType, "dry", "dry must be a boolean, got a number"),
    Wrong(#"{"queue":"q","dry":"true"}"#, .wrongType, "dry", "dry must be a boolean, got a string"),
    Wrong(#"{"queue":"q","mode":"medium"}"#, .invalid, "mode", "mode must be one of fast, slow"),
    Wrong(#"{"queue":"q","mode":{}}"#, .wrongType, "mode", "mode must be a string, got an object"),
    Wrong(#"{"queue":"q","retry":[]}"#, .wrongType, "retry", "retry must be an object, got an array"),
    Wrong(#"{"queue":"q","retries":{}}"#, .wrongType, "retries", "retries must be an array, got an object"),
    Wrong(
        #"{"queue":"q","retries":[{"base_ms":1},{"base_ms":2,"names":["a",{}]}]}"#, .wrongType, "retries[1].names[1]",
        "retries[1].names[1] must be a string, got an object"),
    Wrong(
        #"{"queue":"q","retry":{"base_ms":1,"factor":"2"}}"#, .wrongType, "retry.factor",
        "retry.factor must be a number, got a string"),
    Wrong(
        #"{"queue":"q","retry":{"base_ms":1,"factor":1e999}}"#, .invalid, "retry.factor", "retry.factor is out of range"
    ),
    Wrong(
        #"{"queue":"q","tags":{"a b":"x"}}"#, .wrongType, #"tags["a b"]"#,
        #"tags["a b"] must be an integer, got a string"#),
    Wrong(#"[]"#, .wrongType, "", "the value must be an object, got an array"),
    Wrong(#"{"queue":"q","dry":true,"queue":"r"}"#, .duplicateMember, "queue", "queue is given more than once"),
    Wrong(#"{"queue":"q","qu\u0065ue":"r"}"#, .duplicateMember, "queue", "queue is given more than once"),
    Wrong(
        #"{"queue":"q","retry":{"base_ms":1,"base_ms":1}}"#, .duplicateMember, "retry.base_ms",
        "retry.base_ms is given more than once"),
    Wrong(#"{"queue":"q","tags":{"a":1,"a":2}}"#, .duplicateMember, "tags.a", "tags.a is given more than once"),
    Wrong(
        #"{"queue":"q","max_attemps":1}"#, .unknownMember, "max_attemps",
        "max_attemps is not a parameter of this method"),
    Wrong(
        #"{"queue":"q","retry":{"base_ms":1,"base":1}}"#, .unknownMember, "retry.base",
        "retry.base is not a member of retry"),
    Wrong(
        #"{"queue":"q","retries":[{"base_ms":1},{"base_ms":1,"x":null}]}"#, .unknownMember, "retries[1].x",
        "retries[1].x is not a member of retries[1]"),
]

@Suite("Decoding")
struct WireDecoderTests {
    @Test("a full object is decoded, in any order of its members")
    func full() throws {
        let texts = [
            #""queue":"emails""#, #""payload":{"a" : 1.10}"#, #""priority":-128"#, #""mode":"slow""#,
            #""retry":{"base_ms":5,"factor":1.5,"names":["a","b"]}"#, #""tags":{"x":1,"y":2}"#,
            #""retries":[{"base_ms":1},{"names":null,"base_ms":2}]"#, #""dry":true"#, #""big":18446744073709551615"#,
        ]
        var expected: Params?
        for texts in [texts, texts.reversed(), Array(texts[4...] + texts[..<4])] {
            let params = try decode(Params.self, "{" + texts.joined(separator: ",") + "}")
            #expect(params.queue.text == "emails")
            #expect(params.payload?.text == #"{"a" : 1.10}"#)
            #expect(params.priority == -128)
            #expect(params.mode == .slow)
            #expect(params.retry == Retry(baseMs: 5, factor: 1.5, names: ["a", "b"]))
            #expect(params.tags == ["x": 1, "y": 2])
            #expect(params.retries == [Retry(baseMs: 1), Retry(baseMs: 2)])
            #expect(params.dry == true)
            #expect(params.big == .max)
            #expect(expected == nil || params == expected)
            expected = params
        }
    }

    @Test("absent and null optionals are nil")
    func optionals() throws {
        let text = #"{"queue":"q","payload":null,"priority":null,"mode":null,"retry":null,"tags":null,"dry":null}"#
        #expect(try decode(Params.self, text) == decode(Params.self, #"{"queue":"q"}"#))
    }

    @Test("errors name the member, and say what is wrong", arguments: wrongParams)
    fileprivate func errors(_ wrong: Wrong) throws {
        let error = try #require(failure(Params.self, wrong.text))
        #expect(error.kind == wrong.kind)
        #expect(error.path == wrong.path)
        #expect(error.message == wrong.message)
        #expect(error.known.isEmpty == (wrong.kind != .unknownMember))
    }

    @Test("the path begins at the value that is decoded")
    func relativePath() throws {
        let root = try JSONDocument(parsing: #"{"jsonrpc":"2.0","params":{"queue":"q","retry":{"base_ms":""}}}"#).root
        let params = try #require(root["params"])
        let error = #expect(throws: WireDecodingError.self) { try WireDecoder.decode(Params.self, from: params) }
        #expect(error?.path == "retry.base_ms")
    }

    @Test("an error about an unknown member lists what is known in its place")
    func known() {
        #expect(
            failure(Params.self, #"{"queue":"q","max":1}"#)?.known
                == ["queue", "payload", "priority", "mode", "retry", "tags", "retries", "dry", "big"])
        #expect(
            failure(Params.self, #"{"queue":"q","retry":{"base":1,"base_ms":1}}"#)?.known == [
                "base_ms", "factor", "names",
            ])
    }

    @Test("members that are somebody else's are passed over, at the top only")
    func ignoring() throws {
        let text = #"{"queue":"q","_meta":{"a":1}}"#
        #expect(try decode(Params.self, text, ignoring: ["_meta"]).queue.text == "q")
        #expect(throws: WireDecodingError.self) { try decode(Params.self, text) }
        #expect(throws: WireDecodingError.self) {
            try decode(Params.self, #"{"queue":"q","retry":{"base_ms":1,"_meta":1}}"#, ignoring: ["_meta"])
        }
        #expect(throws: WireDecodingError.self) {
            try decode(Params.self, #"{"queue":"q","_meta":1,"_meta":2}"#, ignoring: ["_meta"])
        }
    }

    @Test("a client ignores what it does not know, on every level")
    func lenient() throws {
        let text = #"{"new":[1],"queue":"q","retry":{"base_ms":1,"newer":{}}}"#
        #expect(try decode(Params.self, text, unknown: .ignore).retry?.baseMs == 1)
    }
}

private struct Report: Decodable, KeepsUnknownMembers {
    enum CodingKeys: String, CodingKey { case message, code }
    var message: String
    var code: String?
    var ignored: [String] = []
    var unknown: [String: RawJSON] = [:]
}

private struct Failing: Decodable {
    var operation: Int
    var error: Report
}

private struct Flat: Decodable {
    struct Options: Decodable {
        enum CodingKeys: String, CodingKey { case baseMs = "base_ms" }
        var baseMs: Int?
    }
    var queue: String
    var options: Options

    enum CodingKeys: CodingKey { case queue }

    init(from decoder: any Decoder) throws {
        queue = try decoder.container(keyedBy: CodingKeys.self).decode(String.self, forKey: .queue)
        options = try Options(from: decoder)
    }
}

private struct Choice: Decodable {
    var breaker: String?
    var pattern: String?

    enum CodingKeys: CodingKey { case breaker, pattern }

    init(from decoder: any Decoder) throws {
        let members = try decoder.container(keyedBy: CodingKeys.self)
        breaker = try members.decodeIfPresent(String.self, forKey: .breaker)
        pattern = try members.decodeIfPresent(String.self, forKey: .pattern)
        if breaker == "*" { throw InvalidValue("cannot be a pattern", member: "breaker") }
        guard breaker != nil || pattern != nil else { throw InvalidValue("breaker or pattern is required") }
    }
}

private struct Nested: Decodable {
    enum CodingKeys: CodingKey { case inner }

    init(from decoder: any Decoder) throws {
        _ = try decoder.container(keyedBy: CodingKeys.self).nestedContainer(keyedBy: CodingKeys.self, forKey: .inner)
    }
}

private final class Tree: Decodable {
    var child: Tree?
}

@Suite("Decoding of special types")
struct WireDecoderSpecialTests {
    @Test("a report keeps what it does not know, with the names in order")
    func keeps() throws {
        let text = #"{"z":1.10,"message":"m","a":{"b" : 2},"\u00e9":null}"#
        let report = try decode(Report.self, text)
        #expect(report.message == "m")
        #expect(report.ignored == ["z", "a", "é"])
        #expect(
            report.unknown == ["z": RawJSON(unchecked: "1.10"), "a": RawJSON(unchecked: #"{"b" : 2}"#), "é": .null])
        #expect(try decode(Report.self, #"{"message":"m","_meta":{}}"#, ignoring: ["_meta"]).ignored.isEmpty)
        #expect(try decode(Report.self, #"{"message":"m","x":{}}"#, unknown: .ignore).ignored == ["x"])
        #expect(failure(Report.self, "{\"message\":\"m\",\"e\u{301}\":1,\"\u{E9}\":2}")?.kind == .duplicateMember)
    }

    @Test("a report inside of parameters keeps what it does not know, the parameters do not")
    func keepsInside() throws {
        let failing = try decode(Failing.self, #"{"operation":1,"error":{"message":"m","x":1}}"#)
        #expect(failing.error.ignored == ["x"])
        #expect(failure(Failing.self, #"{"operation":1,"error":{"message":"m","x":1},"y":1}"#)?.path == "y")
    }

    @Test("two types can share one object")
    func flat() throws {
        let flat = try decode(Flat.self, #"{"base_ms":1,"queue":"q"}"#)
        #expect(flat.queue == "q" && flat.options.baseMs == 1)
        let error = failure(Flat.self, #"{"base_ms":1,"queue":"q","bas":2}"#)
        #expect(error?.path == "bas")
        #expect(error?.known == ["queue", "base_ms"])
    }

    @Test("a type can refuse the whole value, or name a member")
    func invalid() {
        #expect(failure(Choice.self, "{}")?.message == "breaker or pattern is required")
        #expect(failure(Choice.self, "{}")?.path == "")
        let error = failure(Choice.self, #"{"breaker":"*"}"#)
        #expect(error?.message == "breaker cannot be a pattern")
        #expect(error?.path == "breaker")
        #expect(failure([Choice].self, "[{}]")?.message == "[0] breaker or pattern is required")
    }

    @Test("nested containers are refused instead of letting unknown members pass")
    func nested() {
        #expect(failure(Nested.self, #"{"inner":{"x":1}}"#)?.kind == .invalid)
    }

    @Test("more than 64 members are watched too", arguments: [63, 64, 65, 128, 129, 1000])
    func manyMembers(_ count: Int) throws {
        let members = (0..<count).map { #""k\#($0)":\#($0)"# }.joined(separator: ",")
        let all = try decode([String: Int].self, "{\(members)}")
        #expect(all.count == count)
        #expect(all["k\(count - 1)"] == count - 1)
        let error = failure(Retry.self, "{\(members),\"base_ms\":1}")
        #expect(error?.path == "k0")
        // All that come before are asked for: only the last is unknown.
        let late = failure(Wide.self, "{" + (0..<100).map { #""m\#($0)":1"# }.joined(separator: ",") + #","x":1}"#)
        #expect(late?.path == "x")
        #expect(late?.known.count == 100)
    }

    @Test("a hundred thousand members are decoded without asking for each of each")
    func hugeDictionary() throws {
        let members = (0..<100_000).map { #""k\#($0)":1"# }.joined(separator: ",")
        #expect(try decode([String: Int].self, "{\(members)}").count == 100_000)
    }

    @Test("a recursive type can be as deep as a document")
    func recursion() throws {
        let text = String(repeating: #"{"child":"#, count: 511) + "{}" + String(repeating: "}", count: 511)
        var depth = 0
        var tree: Tree? = try decode(Tree.self, text)
        while let child = tree {
            depth += 1
            tree = child.child
        }
        #expect(depth == 512)
    }

    @Test("scalars, arrays of optionals and raw values are decoded at the top")
    func top() throws {
        #expect(try decode(Int.self, "5") == 5)
        #expect(try decode(String.self, #""\u0041""#) == "A")
        #expect(try decode([Int?].self, "[1,null,3]") == [1, nil, 3])
        #expect(try decode([RawJSON].self, "[1.0, {} ]").map(\.text) == ["1.0", "{}"])
        #expect(try decode([String: RawJSON].self, #"{"a":[ ]}"#)["a"]?.text == "[ ]")
        #expect(try decode(Double.self, "0.1") == 0.1)
        #expect(try decode(Double.self, "12345678901234567890") == 12_345_678_901_234_567_168)
        #expect(try decode(Float.self, "0.1") == 0.1)
        #expect(try decode(RequestID.self, "1.50").text == "1.50")
        #expect(failure([RequestID].self, "[true]")?.message == "[0] must be a string, a number or null")
    }

    @Test("raw values that were sent over several lines come out on one")
    func rawLines() throws {
        #expect(try decode([RawJSON].self, "[\n{\n},\r\n1]").map(\.text) == ["{ }", "1"])
    }
}

/// Asks for m0 to m99.
private struct Wide: Decodable {
    struct Key: CodingKey {
        var stringValue: String
        var intValue: Int? { nil }
        init(stringValue: String) { self.stringValue = stringValue }
        init?(intValue: Int) { nil }
    }

    init(from decoder: any Decoder) throws {
        let members = try decoder.container(keyedBy: Key.self)
        for number in 0..<100 { _ = try members.decode(Int.self, forKey: Key(stringValue: "m\(number)")) }
    }
}
