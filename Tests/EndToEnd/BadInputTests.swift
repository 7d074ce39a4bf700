import Testing

@Suite("Bad input is answered, and the connection lives on")
struct BadInputTests {
    struct Bad: CustomTestStringConvertible, Sendable {
        let what: String
        let line: String
        let code: Int64
        var id: JSON = 7
        var field: JSON = nil
        var hint: JSON?
        var testDescription: String { what }

        /// A request with wrong parameters.
        static func params(
            _ what: String, _ method: String, _ params: String, field: JSON, code: Int64 = -32602, hint: JSON? = nil
        ) -> Bad {
            Bad(what: what, line: request(method, params, id: "7"), code: code, field: field, hint: hint)
        }
    }

    static let long = String(repeating: "x", count: 10_240)
    static let nested = String(repeating: "[", count: 10_000) + String(repeating: "]", count: 10_000)
    static let huge = "1" + String(repeating: "0", count: 400)

    static let lines: [Bad] = [
        Bad(what: "no JSON", line: "GET / HTTP/1.1", code: -32700, id: nil),
        Bad(what: "half an object", line: #"{"jsonrpc":"2.0","id":7"#, code: -32700, id: nil),
        Bad(what: "two values", line: "{} {}", code: -32700, id: nil),
        Bad(what: "10,000 nested arrays", line: nested, code: -32700, id: nil),
        Bad(
            what: "10,000 nested arrays inside of a request", line: request("queue.enqueue", nested, id: "7"),
            code: -32700, id: nil),
        Bad(what: "a number", line: "7", code: -32600, id: nil),
        Bad(what: "an empty batch", line: "[]", code: -32600, id: nil),
        Bad(what: "no version", line: #"{"id":7,"method":"system.ping"}"#, code: -32600),
        Bad(what: "no method", line: #"{"jsonrpc":"2.0","id":7}"#, code: -32600),
        Bad(what: "a method that is a number", line: #"{"jsonrpc":"2.0","id":7,"method":1}"#, code: -32600),
        Bad(
            what: "an id that is an object", line: request("system.ping", id: #"{"a":1}"#), code: -32600, id: nil),
        Bad(what: "an id that is true", line: request("system.ping", id: "true"), code: -32600, id: nil),
        Bad(
            what: "two ids", line: #"{"jsonrpc":"2.0","id":7,"id":8,"method":"system.ping"}"#, code: -32600, id: nil),
        Bad(
            what: "two methods", line: #"{"jsonrpc":"2.0","id":7,"method":"system.ping","method":"system.hello"}"#,
            code: -32600),
        Bad(
            what: "an unknown member beside params",
            line: #"{"jsonrpc":"2.0","id":7,"method":"system.ping","parms":{}}"#,
            code: -32600),
        Bad(
            what: "an unknown method", line: request("queue.enque", id: "7"), code: -32601,
            hint: "did you mean queue.enqueue?"),
        Bad(what: "params as an array", line: request("queue.enqueue", #"["q",1]"#, id: "7"), code: -32602),
        .params(
            "an unknown member", "queue.enqueue", #"{"queue":"q","payload":1,"max_attemps":3}"#, field: "max_attemps",
            hint: "did you mean max_attempts?"),
        .params("an unknown member where none is known", "system.ping", #"{"verbose":true}"#, field: "verbose"),
        .params("a member twice", "queue.enqueue", #"{"queue":"q","queue":"r","payload":1}"#, field: "queue"),
        .params("a member that is missing", "queue.enqueue", #"{"queue":"q"}"#, field: "payload"),
        .params("a wrong type", "queue.lease", #"{"queues":["q"],"max":"1"}"#, field: "max"),
        .params("a wrong type, deep", "queue.lease", #"{"queues":["q",7]}"#, field: "queues[1]"),
        .params(
            "a wrong type, deeper", "queue.fail",
            #"{"operation":1,"lease":1,"error":{"message":"m","policy":{"base_ms":"1s"}}}"#,
            field: "error.policy.base_ms"),
        .params("a fraction where none can be", "queue.get", #"{"operation":1.5}"#, field: "operation"),
        .params("a huge number", "queue.get", #"{"operation":\#(huge)}"#, field: "operation"),
        .params("a queue's name with a newline", "queue.enqueue", #"{"queue":"a\nb","payload":1}"#, field: "queue"),
        .params("a queue's name of 10 KB", "queue.enqueue", #"{"queue":"\#(long)","payload":1}"#, field: "queue"),
        .params("an empty name", "breaker.acquire", #"{"breaker":""}"#, field: "breaker"),
        .params("a negative delay", "queue.enqueue", #"{"queue":"q","payload":1,"delay_ms":-1}"#, field: "delay_ms"),
        .params(
            "a time beyond the year 9999", "queue.enqueue", #"{"queue":"q","payload":1,"run_at":253402300800000}"#,
            field: "run_at"),
        .params(
            "delay and time at once", "queue.enqueue", #"{"queue":"q","payload":1,"run_at":1,"delay_ms":1}"#,
            field: "run_at"),
        .params("_meta that is no object", "system.ping", #"{"_meta":5}"#, field: "_meta"),
        .params("_meta that is wrong", "system.ping", #"{"_meta":{"traceparent":"no"}}"#, field: "_meta.traceparent"),
        .params(
            "_meta with what is unknown", "system.ping", #"{"_meta":{"corelation":"x"}}"#, field: "_meta.corelation"),
        .params(
            "an operation that is not there", "queue.complete", #"{"operation":99,"lease":1}"#, field: "operation",
            code: -32001),
        .params(
            "a permit that was never given", "breaker.record", #"{"permit":99,"outcome":"success"}"#,
            field: "permit", code: -32001),
    ]

    @Test("one line at a time", arguments: lines)
    func line(bad: Bad) throws {
        let client = try Daemon().connect()
        try client.send(bad.line, request("system.ping", id: #""after""#))
        let answer = try client.answer()
        #expect(answer["id"] == bad.id)
        #expect(answer["error"]["code"] == .integer(bad.code))
        #expect(answer["error"]["message"].text?.isEmpty == false)
        #expect(answer["error"]["data"]["field"] == bad.field)
        if let hint = bad.hint { #expect(answer["error"]["data"]["hint"] == hint) }
        #expect(try client.answer()["id"] == "after")
    }

    @Test("none of it loses what was kept before, or keeps anything of what was refused")
    func nothingLost() throws {
        let daemon = try Daemon()
        let client = try daemon.connect()
        for bad in Self.lines {
            _ = try client.result("queue.enqueue", #"{"queue":"kept","payload":1}"#)
            try client.send(bad.line)
            #expect(try client.answer()["error"] != nil)
        }
        try daemon.restart()
        let queues = try daemon.connect().result("queue.stats")["queues"]
        #expect(queues.elements.map { $0["queue"] } == ["kept"])
        #expect(queues[0]["counts"]["ready"] == .integer(Int64(Self.lines.count)))
    }

    @Test("what is not UTF-8 is no JSON")
    func notUTF8() throws {
        let client = try Daemon().connect()
        try client.write(Array(#"{"jsonrpc":"2.0","id":7,"method":""#.utf8) + [0xFF, 0xFE] + Array("\"}\n".utf8))
        #expect(try client.answer()["error"]["code"] == -32700)
        _ = try client.result("system.ping")
    }

    @Test("half a line before the end of the input is not executed, and that is said")
    func halfLine() throws {
        let daemon = try Daemon()
        let client = try daemon.connect()
        // It would be a whole request, were it a whole line.
        try client.write(Array(request("queue.enqueue", #"{"queue":"q","payload":1}"#, id: "1").utf8))
        client.finishSending()
        let lines = try client.linesToEnd()
        #expect(try lines.map { try JSON($0)["error"]["code"] } == [-32700])
        #expect(try daemon.connect().result("queue.stats")["queues"] == [])
    }

    @Test("half a line and then a close leaves nothing behind")
    func halfLineAndClose() throws {
        let daemon = try Daemon()
        let client = try daemon.connect()
        try client.write(Array(request("queue.enqueue", #"{"queue":"q","payload":1}"#, id: "1").utf8))
        client.close()
        #expect(try daemon.connect().result("queue.stats")["queues"] == [])
    }

    @Test("a line of 100 MB is skipped to its end, in bounded memory")
    func longLine() throws {
        let daemon = try Daemon()
        let client = try daemon.connect()
        _ = try client.result("system.ping")
        let before = try daemon.peakMemory()
        let megabyte = [UInt8](repeating: UInt8(ascii: "x"), count: 1_000_000)
        for _ in 0..<100 { try client.write(megabyte) }
        try client.send("", request("system.ping", id: "1"))
        let answer = try client.answer()
        #expect(answer.reason == "too_large")
        #expect(answer["id"] == nil)
        #expect(try client.answer()["id"] == 1)
        #expect(try daemon.peakMemory() - before < 16_000_000)
    }

    @Test("a line at the limit is read, and one byte more is too long")
    func limitOfALine() throws {
        let client = try Daemon(configuration: "limits: {line_bytes: 4096}").connect()
        let short = request("system.ping", id: #""""#)
        let atLimit = request("system.ping", id: "\"" + String(repeating: "i", count: 4096 - short.utf8.count) + "\"")
        try client.send(atLimit, atLimit + " ", request("system.ping", id: "1"))
        #expect(try client.answer()["result"] != nil)
        #expect(try client.answer().reason == "too_large")
        #expect(try client.answer()["id"] == 1)
    }

    @Test("a batch of 100,000 is refused as one, and nothing of it is done")
    func hugeBatch() throws {
        let client = try Daemon().connect()
        let ones = String(repeating: "1,", count: 99_999)
        try client.send("[\(ones)1]", request("system.ping", id: "1"))
        let answer = try client.answer()
        #expect(answer["error"]["code"] == -32600)
        #expect(answer["id"] == nil)
        #expect(try client.answer()["id"] == 1)
        let enqueues = Array(repeating: notification("queue.enqueue", #"{"queue":"q","payload":1}"#), count: 1001)
        try client.send("[\(enqueues.joined(separator: ","))]")
        #expect(try client.answer()["error"]["code"] == -32600)
        #expect(try client.result("queue.stats")["queues"] == [])
    }

    @Test("a stale lease is lost, and changes nothing")
    func staleLease() throws {
        let client = try Daemon().connect()
        _ = try client.result("queue.enqueue", #"{"queue":"q","payload":1}"#)
        _ = try client.result("queue.lease", #"{"queues":["q"]}"#)
        _ = try client.result("queue.release", #"{"operation":1,"lease":1}"#)
        _ = try client.result("queue.lease", #"{"queues":["q"]}"#)
        for (method, more) in [
            ("complete", ""), ("extend", ""), ("release", ""), ("fail", #","error":{"message":"m"}"#),
        ] {
            let answer = try client.call("queue.\(method)", #"{"operation":1,"lease":1\#(more)}"#)
            #expect(answer.reason == "lease_lost")
            #expect(answer["error"]["data"]["retryable"] == false)
        }
        #expect(try client.result("queue.complete", #"{"operation":1,"lease":2}"#)["state"] == "done")
    }

    @Test("a permit that was returned already is stale")
    func stalePermit() throws {
        let client = try Daemon().connect()
        let permit = try client.result("breaker.acquire", #"{"breaker":"b"}"#)["permit"].int ?? 0
        _ = try client.result("breaker.record", #"{"permit":\#(permit),"outcome":"success"}"#)
        let again = try client.result("breaker.record", #"{"permit":\#(permit),"outcome":"failure"}"#)
        #expect(again["stale"] == true)
        #expect(try client.result("breaker.get", #"{"breaker":"b"}"#)["consecutive_failures"] == 0)
    }
}
