import MendWire
import Testing

private struct Call: Codable, Equatable {
    var queue: String
    var priority: Int?
}

@Suite("JSON-RPC 2.0 messages of both sides")
struct RPCResponseTests {
    private func parse(_ text: String) throws -> RPCServerMessage {
        try Array(text.utf8).withUnsafeBytes { try RPCServerMessage.parse($0) }
    }

    private func response(_ text: String) throws -> RPCResponse {
        try Array(text.utf8).withUnsafeBytes { try RPCResponse.parse($0) }
    }

    @Test("what one side writes, the other reads")
    func requests() throws {
        var writer = JSONWriter()
        try writer.writeRequest(id: RequestID(1), method: "a.b", params: Call(queue: "q\"", priority: 2))
        #expect(writer.text == #"{"jsonrpc":"2.0","id":1,"method":"a.b","params":{"queue":"q\"","priority":2}}"#)
        guard case .single(.success(let request)) = message(writer.text) else { throw InvalidValue("a request") }
        #expect(try WireDecoder.decode(Call.self, from: #require(request.params)) == Call(queue: "q\"", priority: 2))

        writer.removeAll()
        writer.writeRequest(id: RequestID("x"), method: "m")
        writer.endLine()
        writer.writeRequest(id: RequestID("x"), method: "m", params: .emptyObject)
        writer.endLine()
        writer.writeNotification(method: "m")
        writer.endLine()
        try writer.writeNotification(method: "m", params: Call(queue: "q"))
        #expect(
            writer.text == """
                {"jsonrpc":"2.0","id":"x","method":"m"}
                {"jsonrpc":"2.0","id":"x","method":"m","params":{}}
                {"jsonrpc":"2.0","method":"m"}
                {"jsonrpc":"2.0","method":"m","params":{"queue":"q"}}
                """)
    }

    @Test("results and errors are told apart")
    func outcomes() throws {
        var writer = JSONWriter()
        try writer.writeResult(id: RequestID(1), encoding: Call(queue: "q"))
        let good = try response(writer.text)
        #expect(good.id == RequestID(1))
        #expect(good.result?.rawText == #"{"queue":"q"}"#)
        #expect(good.error == nil)

        writer.removeAll()
        let error = RPCError(
            code: -32001, message: "no \"such\"\n", data: RawJSON(unchecked: #"{"reason" : "not_found"}"#))
        writer.writeError(id: .null, error)
        #expect(!writer.bytes.contains(0x0A))
        let bad = try response(writer.text)
        #expect(bad.id == .null)
        #expect(bad.error == error)
        #expect(bad.result == nil)
        #expect(
            try WireEncoder.text(of: error)
                == #"{"code":-32001,"message":"no \"such\"\n","data":{"reason" : "not_found"}}"#)
        #expect(
            try response(#"{"jsonrpc":"2.0","id":1,"error":{"code":1,"message":"m","more":1},"x":1}"#).error?.code == 1)
    }

    @Test("batches and notifications are told apart")
    func others() throws {
        guard
            case .batch(let responses) = try parse(
                #"[{"jsonrpc":"2.0","id":2,"result":1},{"jsonrpc":"2.0","id":1,"result":2}]"#)
        else { throw InvalidValue("a batch") }
        #expect(responses.map(\.id) == [RequestID(2), RequestID(1)])
        guard case .notification(let event) = try parse(#"{"jsonrpc":"2.0","method":"event","params":{"n":1}}"#)
        else { throw InvalidValue("a notification") }
        #expect(event.method == "event")
        #expect(throws: RPCProtocolError.self) { try response(#"{"jsonrpc":"2.0","method":"event"}"#) }
    }

    @Test(
        "what is no answer is refused",
        arguments: [
            "", "1", "{}", #"{"jsonrpc":"2.0","id":1}"#, #"{"jsonrpc":"2.0","result":1}"#, #"{"id":1,"result":1}"#,
            #"{"jsonrpc":"2.0","id":{},"result":1}"#,
            #"{"jsonrpc":"2.0","id":1,"result":1,"error":{"code":1,"message":""}}"#,
            #"{"jsonrpc":"2.0","id":1,"error":{"code":"1","message":""}}"#, #"{"jsonrpc":"2.0","id":1,"method":"m"}"#,
            "[1]",
        ])
    func refused(_ text: String) {
        #expect(throws: RPCProtocolError.self) { try parse(text) }
    }

    @Test("what was sent at the deepest nesting can be read in an answer")
    func depth() throws {
        let payload = String(repeating: "[", count: 512) + String(repeating: "]", count: 512)
        let answer = try response(#"{"jsonrpc":"2.0","id":1,"result":{"operations":[{"payload":\#(payload)}]}}"#)
        let operation = answer.result?["operations"]?.elements.first { _ in true }
        #expect(operation?["payload"]?.rawText == payload)
    }
}
