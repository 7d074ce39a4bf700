import MendWire
import Testing

/// Lines that are answered with an error, and which.
private struct Refused: CustomTestStringConvertible {
    let text: String
    let code: Int
    let id: String
    let message: String

    init(_ text: String, _ code: Int, _ id: String, _ message: String) {
        self.text = text
        self.code = code
        self.id = id
        self.message = message
    }

    var testDescription: String { text }
}

private let refusedRequests: [Refused] = [
    Refused("", -32700, "null", "not a JSON text: the text ends too early at byte 0"),
    Refused("{", -32700, "null", "not a JSON text: the text ends too early at byte 1"),
    Refused("1", -32600, "null", "a request is an object, not a number"),
    Refused("[]", -32600, "null", "the batch is empty"),
    Refused("{}", -32600, "null", #"jsonrpc must be "2.0""#),
    Refused(#"{"id":1,"method":"m"}"#, -32600, "1", #"jsonrpc must be "2.0""#),
    Refused(#"{"jsonrpc":"1.0","id":1,"method":"m"}"#, -32600, "1", #"jsonrpc must be "2.0""#),
    Refused(#"{"jsonrpc":2.0,"id":1,"method":"m"}"#, -32600, "1", #"jsonrpc must be "2.0""#),
    Refused(#"{"jsonrpc":"2.0","id":1}"#, -32600, "1", "method must be a string"),
    Refused(#"{"jsonrpc":"2.0","id":1,"method":1}"#, -32600, "1", "method must be a string"),
    Refused(#"{"jsonrpc":"2.0","id":{},"method":"m"}"#, -32600, "null", "id must be a string, a number or null"),
    Refused(#"{"jsonrpc":"2.0","id":[1],"method":"m"}"#, -32600, "null", "id must be a string, a number or null"),
    Refused(#"{"jsonrpc":"2.0","id":true,"method":"m"}"#, -32600, "null", "id must be a string, a number or null"),
    Refused(#"{"jsonrpc":"2.0","id":1,"method":"m","id":1}"#, -32600, "null", "id is given more than once"),
    Refused(#"{"jsonrpc":"2.0","id":1,"method":"m","method":"n"}"#, -32600, "1", "method is given more than once"),
    Refused(#"{"jsonrpc":"2.0","jsonrpc":"2.0","id":1,"method":"m"}"#, -32600, "1", "jsonrpc is given more than once"),
    Refused(
        #"{"jsonrpc":"2.0","id":1,"method":"m","params":{},"params":{}}"#, -32600, "1", "params is given more than once"
    ),
    Refused(#"{"jsonrpc":"2.0","id":1,"method":"m","param":{}}"#, -32600, "1", "param is not a member of a request"),
    Refused(#"{"jsonrpc":"2.0","id":1,"method":"m","params":null}"#, -32600, "1", "params must be an object, not null"),
    Refused(
        #"{"jsonrpc":"2.0","id":1,"method":"m","params":"x"}"#, -32600, "1", "params must be an object, not a string"),
    Refused(#"{"jsonrpc":"2.0","method":"m","params":1}"#, -32600, "null", "params must be an object, not a number"),
    Refused(#"{"jsonrpc":"2.0","id":1,"method":"m","params":[]}"#, -32602, "1", "params is an array"),
]

@Suite("JSON-RPC 2.0 requests")
struct RPCMessageTests {
    private func request(_ text: String) throws -> RPCRequest {
        guard case .single(let result) = message(text) else { throw InvalidValue("not a single request: \(text)") }
        return try result.get()
    }

    private func refusal(_ text: String) -> RPCFailure? {
        switch message(text) {
        case .single(.failure(let failure)), .failure(let failure): failure
        default: nil
        }
    }

    @Test("a request has its parts, in any order")
    func parts() throws {
        for text in [
            #"{"jsonrpc":"2.0","id":7,"method":"queue.get","params":{"a":1}}"#,
            #" { "params" : {"a":1} , "method":"queue.get","id" : 7,"jsonrpc":"2.0"} "#,
            #"{"json\u0072pc":"2\u002e0","i\u0064":7,"m\u0065thod":"queue\u002eget","p\u0061rams":{"a":1}}"#,
        ] {
            let request = try request(text)
            #expect(request.id?.text == "7")
            #expect(request.method == "queue.get")
            #expect(request.params?["a"]?.integerValue == 1)
            #expect(!request.isNotification && request.hasParams)
        }
        let notification = try request(#"{"jsonrpc":"2.0","method":"m"}"#)
        #expect(notification.isNotification && !notification.hasParams)
    }

    @Test(
        "an id comes back as it was sent",
        arguments: [
            "0", "-1", "1.50", "1e3", "9223372036854775808", "123456789012345678901234567890", #""""#, #""a\u0041\/""#,
            #""é""#, "null",
        ])
    func ids(_ id: String) throws {
        let request = try request(#"{"jsonrpc":"2.0","id": \#(id) ,"method":"m"}"#)
        #expect(request.id?.text == id)
        var writer = JSONWriter()
        writer.writeResult(id: try #require(request.id), bytes: Array("{}".utf8))
        #expect(writer.text == #"{"jsonrpc":"2.0","id":\#(id),"result":{}}"#)
    }

    @Test("what is no request is refused, with its id where that is certain", arguments: refusedRequests)
    fileprivate func refused(_ refused: Refused) throws {
        let failure = try #require(refusal(refused.text))
        #expect(failure.error.code == refused.code)
        #expect(failure.id?.text == refused.id)
        #expect(failure.error.message == refused.message)
        let data = try #require(failure.error.data).document.root
        #expect(data["reason"]?.stringValue?.isEmpty == false)
        #expect(data["retryable"]?.boolValue == false)
    }

    @Test("params as an array is told how to do it, and a notification with it is not answered")
    func arrays() throws {
        let failure = try #require(refusal(#"{"jsonrpc":"2.0","method":"m","params":[1]}"#))
        #expect(failure.id == nil)
        #expect(try failure.error.data?.document.root["hint"]?.stringValue == "send params as an object (by name)")
    }

    @Test("limits are held")
    func limits() throws {
        let call = #"{"jsonrpc":"2.0","id":1,"method":"m"}"#
        func batch(_ count: Int) -> String { "[" + Array(repeating: call, count: count).joined(separator: ",") + "]" }
        guard case .batch(let calls) = message(batch(1000)) else { throw InvalidValue("a batch") }
        #expect(calls.count == 1000)
        #expect(refusal(batch(1001))?.error.message == "the batch has 1001 messages, more than 1000")
        #expect(refusal(batch(100_000))?.error.code == -32600)
        let deep = String(repeating: "[", count: 10_000)
        #expect(refusal(deep)?.error.message == "not a JSON text: nested deeper than 512 levels at byte 512")
        guard case .failure = message("[[]]", limits: WireLimits(nesting: 1)) else { throw InvalidValue("a failure") }
        guard case .failure = message(batch(3), limits: WireLimits(batch: 2)) else { throw InvalidValue("a failure") }
    }

    @Test("ids are equal if their texts are, and tell the number that they were made from")
    func identity() {
        #expect(RequestID(5) == RequestID(5))
        #expect(RequestID(5).integer == 5)
        #expect(RequestID("5") != RequestID(5))
        #expect(RequestID("5").integer == nil)
        #expect(Set([RequestID.null, .null]).count == 1)
    }
}

/// Section 7 of the specification. Where its examples send params by position, which Mend refuses with -32602, the
/// answer says so; messages are reduced to "-".
@Suite("The examples of the JSON-RPC 2.0 specification")
struct RPCSpecificationTests {
    private static func failed(_ code: Int, _ id: String) -> String {
        #"{"jsonrpc":"2.0","id":\#(id),"error":{"code":\#(code),"message":"-"}}"#
    }

    @Test("params by position are refused")
    func positional() {
        #expect(
            answer(#"{"jsonrpc": "2.0", "method": "subtract", "params": [42, 23], "id": 1}"#)
                == Self.failed(-32602, "1"))
    }

    @Test("params by name, in either order")
    func named() {
        #expect(
            answer(#"{"jsonrpc": "2.0", "method": "subtract", "params": {"subtrahend": 23, "minuend": 42}, "id": 3}"#)
                == #"{"jsonrpc":"2.0","id":3,"result":19}"#)
        #expect(
            answer(#"{"jsonrpc": "2.0", "method": "subtract", "params": {"minuend": 42, "subtrahend": 23}, "id": 4}"#)
                == #"{"jsonrpc":"2.0","id":4,"result":19}"#)
    }

    @Test("a notification is not answered")
    func notification() {
        #expect(answer(#"{"jsonrpc": "2.0", "method": "update", "params": [1,2,3,4,5]}"#) == nil)
        #expect(answer(#"{"jsonrpc": "2.0", "method": "update", "params": {"a":1}}"#) == nil)
        #expect(answer(#"{"jsonrpc": "2.0", "method": "foobar"}"#) == nil)
    }

    @Test("a method that does not exist")
    func noMethod() {
        #expect(answer(#"{"jsonrpc": "2.0", "method": "foobar", "id": "1"}"#) == Self.failed(-32601, #""1""#))
    }

    @Test("invalid JSON")
    func invalidJSON() {
        #expect(answer(#"{"jsonrpc": "2.0", "method": "foobar, "params": "bar", "baz]"#) == Self.failed(-32700, "null"))
    }

    @Test("an invalid request object")
    func invalidRequest() {
        #expect(answer(#"{"jsonrpc": "2.0", "method": 1, "params": "bar"}"#) == Self.failed(-32600, "null"))
    }

    @Test("a batch that is invalid JSON")
    func invalidBatch() {
        let line =
            #"[ {"jsonrpc": "2.0", "method": "sum", "params": [1,2,4], "id": "1"}, {"jsonrpc": "2.0", "method" ]"#
        #expect(answer(line) == Self.failed(-32700, "null"))
    }

    @Test("an empty batch")
    func emptyBatch() {
        #expect(answer("[]") == Self.failed(-32600, "null"))
    }

    @Test("batches that are invalid but not empty")
    func batchOfNoRequests() {
        let one = Self.failed(-32600, "null")
        #expect(answer("[1]") == "[\(one)]")
        #expect(answer("[1,2,3]") == "[\(one),\(one),\(one)]")
    }

    @Test("a batch of all kinds")
    func batch() {
        let line = """
            [
            {"jsonrpc": "2.0", "method": "subtract", "params": {"minuend": 7, "subtrahend": 0}, "id": "1"},
            {"jsonrpc": "2.0", "method": "notify_hello", "params": {"n": 7}},
            {"jsonrpc": "2.0", "method": "subtract", "params": [42,23], "id": "2"},
            {"foo": "boo"},
            {"jsonrpc": "2.0", "method": "foo.get", "params": {"name": "myself"}, "id": "5"},
            {"jsonrpc": "2.0", "method": "get_data", "id": "9"}
            ]
            """
        let answers = [
            #"{"jsonrpc":"2.0","id":"1","result":7}"#, Self.failed(-32602, #""2""#), Self.failed(-32600, "null"),
            Self.failed(-32601, #""5""#), #"{"jsonrpc":"2.0","id":"9","result":["hello",5]}"#,
        ]
        #expect(answer(line) == "[" + answers.joined(separator: ",") + "]")
    }

    @Test("a batch of notifications is not answered")
    func batchOfNotifications() {
        #expect(
            answer(
                #"[{"jsonrpc": "2.0", "method": "notify_sum", "params": {"a": 1}},"#
                    + #"{"jsonrpc": "2.0", "method": "notify_hello"}]"#
            ) == nil)
    }
}
