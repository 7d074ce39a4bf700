import MendWire
import Testing

@Suite("JSON values")
struct JSONValueTests {
    @Test("members and elements are found in order, with their texts")
    func access() throws {
        let root = try JSONDocument(parsing: #"{"a":[1, "x", {"b":null}],"\u0063":true,"d":"e"}"#).root
        #expect(root.members.map(\.name) == ["a", "c", "d"])
        #expect(root.count == 3)
        #expect(root["a"]?.rawText == #"[1, "x", {"b":null}]"#)
        #expect(root["a"]?.elements.map(\.rawText) == ["1", #""x""#, #"{"b":null}"#])
        #expect(root["c"]?.boolValue == true)
        #expect(root["c"]?.kind == .bool)
        let name = "d"
        #expect(root[name]?.stringValue == "e")
        #expect(root["e"] == nil)
        #expect(root["a"]?["b"] == nil)
        #expect(Array(root["a"]!.elements)[2]["b"]?.isNull == true)
        #expect(root["a"]?.elements.map(\.isNull) == [false, false, false])
        #expect(root["c"]?.isNull == false)
        #expect(root["d"]?.matches("e") == true)
        #expect(root["d"]?.matches("f") == false)
        #expect(root["a"]?.withRawBytes { $0.count } == 20)
        #expect(Array(root["d"]!.members).isEmpty)
        #expect(Array(root.elements).isEmpty)
    }

    @Test("names that only look alike are different members")
    func canonicalEquivalents() throws {
        let root = try JSONDocument(parsing: "{\"e\u{301}\":1,\"\u{E9}\":2}").root
        #expect(root["\u{E9}"]?.rawText == "2")
        #expect(root["e\u{301}"]?.rawText == "1")
        #expect(root.duplicateMember == nil)
    }

    @Test(
        "a member that is given twice is found",
        arguments: [
            (#"{"a":1,"b":2,"a":3}"#, "a"), (#"{"a":1,"\u0061":2}"#, "a"), (#"{"\u0061":1,"a":2}"#, "a"),
            (#"{"\u0061":1,"\u0062":2,"a":3}"#, "a"),
            (#"{"":1,"":2}"#, ""), (#"{"ab":1,"ba":2}"#, nil), (#"{"a":{"a":1}}"#, nil), (#"{"a":{"b":1,"b":1}}"#, nil),
            (#"{"a\nb":1,"a\u000ab":2}"#, "a\nb"), (#"{}"#, nil), (#"["a","a"]"#, nil),
            (#"{"a":[1,2],"b":{},"b":1}"#, "b"),
        ] as [(String, String?)])
    func duplicates(_ text: String, name: String?) throws {
        #expect(try JSONDocument(parsing: text).root.duplicateMember == name)
    }

    @Test("a duplicate is found among any number of members", arguments: [2, 3, 31, 32, 33, 34, 65, 1000, 100_000])
    func manyMembers(_ count: Int) throws {
        let names = (0..<count).map { "\"k\($0)\":0" }
        let distinct = "{" + names.joined(separator: ",") + "}"
        #expect(try JSONDocument(parsing: distinct).root.duplicateMember == nil)
        let repeated = "{" + names.joined(separator: ",") + ",\"k\(count / 2)\":0}"
        #expect(try JSONDocument(parsing: repeated).root.duplicateMember == "k\(count / 2)")
        let escaped = "{" + names.joined(separator: ",") + ",\"\\u006b\(count / 2)\":0}"
        #expect(try JSONDocument(parsing: escaped).root.duplicateMember == "k\(count / 2)")
    }

    @Test("paths name each value")
    func paths() throws {
        let text = #"{"params":{"retry":{"base_ms":1},"items":[0,1,2,{"a b":[[5]]}],"":1,"a.b":2,"é":3}}"#
        let document = try JSONDocument(parsing: text)
        let params = try #require(document.root["params"])
        #expect(document.root.path == "")
        #expect(params.path == "params")
        #expect(params["retry"]?["base_ms"]?.path == "params.retry.base_ms")
        #expect(params["retry"]?["base_ms"]?.path(below: params) == "retry.base_ms")
        let items = try Array(#require(params["items"]).elements)
        #expect(items[0].path == "params.items[0]")
        #expect(items[3].path == "params.items[3]")
        let inner = try #require(items[3]["a b"]?.elements.first { _ in true }?.elements.first { _ in true })
        #expect(document.path(of: inner) == #"params.items[3]["a b"][0][0]"#)
        #expect(params[""]?.path == #"params[""]"#)
        #expect(params["a.b"]?.path == #"params["a.b"]"#)
        #expect(params["é"]?.path == #"params["é"]"#)
        #expect(params.members.map(\.key.path).first == "params.retry")
    }

    @Test("a long name is shortened in a path")
    func longNames() throws {
        let name = String(repeating: "n", count: 10_000)
        let root = try JSONDocument(parsing: "{\"\(name)\":1}").root
        #expect(root[name]?.path == String(repeating: "n", count: 64) + "…")
    }

    @Test("a value outlives everything but itself")
    func lifetime() throws {
        let value = try {
            try JSONDocument(parsing: #"{"a":["text that is long enough to be on the heap"]}"#).root["a"]
        }()
        #expect(value?.rawText == #"["text that is long enough to be on the heap"]"#)
    }
}

@Suite("Raw JSON")
struct RawJSONTests {
    @Test("a text is kept as it was sent", arguments: ["1.10", #"{"a" : "\u0041\/" , "b":1E+2}"#, #""é""#, "[ ]"])
    func kept(_ text: String) throws {
        #expect(try RawJSON(validating: "  \(text)\n").text == text)
        #expect(try RawJSON(validating: text).document.root.rawText == text)
    }

    @Test("line breaks between tokens become spaces")
    func lineBreaks() throws {
        let raw = try RawJSON(validating: "{\r\n  \"a\": [\n1,\r2 ],\n\"b\": \"\\n\"}")
        #expect(raw.text == #"{    "a": [ 1, 2 ], "b": "\n"}"#)
    }

    @Test("what is not JSON is refused", arguments: ["", "{", "1 2", "nil"])
    func refused(_ text: String) {
        #expect(throws: JSONSyntaxError.self) { try RawJSON(validating: text) }
    }

    @Test("two are equal if their texts are")
    func equality() {
        #expect(RawJSON.integer(1) == RawJSON(unchecked: "1"))
        #expect(RawJSON(unchecked: "1.0") != .integer(1))
        #expect(RawJSON(unchecked: "\"e\u{301}\"") != RawJSON(unchecked: "\"\u{E9}\""))
        #expect(Set([RawJSON.null, .null, .bool(true)]).count == 2)
        #expect(RawJSON.string("a\"\n").text == #""a\"\n""#)
    }
}
