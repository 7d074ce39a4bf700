import Testing

@Suite("Order and shape of answers")
struct ConversationTests {
    @Test("pipelined requests are answered in the order in which they came")
    func pipelining() throws {
        let client = try Daemon().connect()
        // Calls for the writer, for the breakers' table and for the server itself, which are ready at different times.
        let methods = [
            ("queue.enqueue", #"{"queue":"q","payload":1}"#), ("system.ping", "{}"),
            ("breaker.acquire", #"{"breaker":"b"}"#), ("no.such", "{}"), ("queue.cancel", #"{"operation":1}"#),
        ]
        let requests = (0..<500).map { request(methods[$0 % 5].0, methods[$0 % 5].1, id: "\($0)") }
        try client.send(requests)
        let ids = try client.answers(500).map { $0["id"] }
        #expect(ids == (0..<500).map { JSON.integer($0) })
    }

    @Test("requests of one connection are executed in the order in which they came")
    func execution() throws {
        let client = try Daemon().connect()
        try client.send(
            request("queue.enqueue", #"{"queue":"q","payload":"first"}"#, id: "1"),
            request("queue.lease", #"{"queues":["q"]}"#, id: "2"),
            request("queue.complete", #"{"operation":1,"lease":1}"#, id: "3"),
            request("queue.get", #"{"operation":1}"#, id: "4"),
            request("queue.list", "{}", id: "5"))
        var answers = try client.answers(3)
        // Reads come after the writes before them, and need not keep their order among themselves.
        answers += try client.answers(2).sorted { $0["id"] == 4 && $1["id"] != 4 }
        #expect(answers[1]["result"]["operations"][0]["payload"] == "first")
        #expect(answers[2]["result"]["state"] == "done")
        #expect(answers[3]["result"]["state"] == "done")
        #expect(answers[4]["result"]["operations"][0]["state"] == "done")
    }

    @Test("a breaker call comes after the change to its breaker that was sent before it")
    func breakerOrder() throws {
        let client = try Daemon().connect()
        try client.send(
            request("breaker.force", #"{"breaker":"b","state":"forced_open"}"#, id: "1"),
            request("breaker.acquire", #"{"breaker":"b"}"#, id: "2"))
        let answers = try client.answers(2)
        #expect(answers[0]["result"]["state"] == "forced_open")
        #expect(answers[1]["result"]["granted"] == false)
    }

    @Test("a call that waits steps aside and is overtaken")
    func waiting() throws {
        let client = try Daemon().connect()
        try client.send(
            request("queue.lease", #"{"queues":["q"],"wait_ms":60000}"#, id: #""wait""#),
            request("system.ping", id: "1"),
            request("queue.enqueue", #"{"queue":"other","payload":1}"#, id: "2"))
        #expect(try client.answers(2).map { $0["id"] } == [1, 2])
        try client.send(request("queue.enqueue", #"{"queue":"q","payload":"here"}"#, id: "3"))
        let answers = try client.answers(2)
        #expect(Set(answers.map { $0["id"] }) == [3, "wait"])
        let leased = answers.first { $0["id"] == "wait" }
        #expect(leased?["result"]["operations"][0]["payload"] == "here")
    }

    @Test("a wait that is over answers no operations")
    func waitingInVain() throws {
        let client = try Daemon().connect()
        #expect(try client.result("queue.lease", #"{"queues":["q"],"wait_ms":1}"#)["operations"] == [])
    }

    @Test("an operation that becomes ready wakes who waits on another connection")
    func waking() throws {
        let daemon = try Daemon()
        let (worker, producer) = (try daemon.connect(), try daemon.connect())
        try worker.send(request("queue.lease", #"{"queues":["q"],"wait_ms":60000}"#, id: "1"))
        try producer.send(request("queue.enqueue", #"{"queue":"q","payload":7}"#, id: "1"))
        #expect(try worker.answer()["result"]["operations"][0]["payload"] == 7)
    }

    @Test("a batch is answered as one line, in the order of its requests")
    func batch() throws {
        let client = try Daemon().connect()
        try client.send(
            "["
                + [
                    request("queue.enqueue", #"{"queue":"q","payload":1}"#, id: "1"),
                    notification("queue.enqueue", #"{"queue":"q","payload":2}"#), "1",
                    request("queue.stats", id: "2"), request("no.such", id: "3"),
                ].joined(separator: ",") + "]", request("system.ping", id: "4"))
        let batch = try client.answer()
        #expect(batch.elements.map { $0["id"] } == [1, nil, 2, 3])
        #expect(batch[1].reason == "invalid_request")
        #expect(batch[2]["result"]["queues"][0]["counts"]["ready"] == 2)
        #expect(batch[3].reason == "method_not_found")
        #expect(try client.answer()["id"] == 4)
    }

    @Test("a batch may not wait")
    func waitingBatch() throws {
        let client = try Daemon().connect()
        try client.send("[\(request("queue.lease", #"{"queues":["q"],"wait_ms":1000}"#, id: "1"))]")
        let answer = try client.answer()[0]
        #expect(answer["error"]["code"] == -32602)
        #expect(answer["error"]["data"]["field"] == "wait_ms")
    }

    @Test("notifications are never answered, alone or in a batch, well or badly made")
    func notifications() throws {
        let client = try Daemon().connect()
        let enqueue = notification("queue.enqueue", #"{"queue":"q","payload":1}"#)
        try client.send(
            enqueue, notification("no.such"), notification("queue.enqueue", #"{"queue":"q"}"#),
            notification("queue.enqueue", "[1]"), "[\(enqueue),\(notification("no.such")),\(enqueue)]")
        #expect(try client.result("queue.stats")["queues"][0]["counts"]["ready"] == 3)
        #expect(try client.result("system.status")["calls"]["notifications_failed"] == 4)
    }

    @Test("ids come back as they were sent, to the last digit")
    func ids() throws {
        let client = try Daemon().connect()
        let ids = ["1.10", "12345678901234567890123", #""\u0041\/""#, "null", "-0", "1e400", #""""#]
        try client.send(ids.map { request("system.ping", id: $0) })
        for id in ids {
            #expect(try client.line().hasPrefix(#"{"jsonrpc":"2.0","id":\#(id),"result":"#))
        }
    }

    @Test("payloads come back as they were sent, escapes and number spelling and all")
    func payloads() throws {
        let client = try Daemon().connect()
        let payload = #"{"b":1.10,"a": [1e2,"\u00e4\/", 123456789012345678901234567890],"a":null}"#
        _ = try client.result("queue.enqueue", #"{"queue":"q","payload":\#(payload)}"#)
        try client.send(request("queue.lease", #"{"queues":["q"]}"#, id: "1"))
        #expect(try client.line().contains(#""payload":\#(payload),"#))
    }

    @Test("a CR before the LF is accepted, and empty lines are ignored")
    func lineEnds() throws {
        let client = try Daemon().connect()
        try client.write(Array("\n\r\n  \n\(request("system.ping", id: "1"))\r\n\n".utf8))
        #expect(try client.answer()["id"] == 1)
        #expect(try client.call("system.ping")["id"] == 1)
    }

    @Test("a request is understood however its bytes are split")
    func splitBytes() throws {
        let client = try Daemon().connect()
        let witness = try Daemon().connect()
        for byte in (request("system.ping", id: #""ä""#) + "\n").utf8 {
            try client.write([byte])
            // A round trip elsewhere, so that the bytes are more than one read.
            if byte % 8 == 0 { _ = try witness.result("system.ping") }
        }
        #expect(try client.answer()["id"] == "ä")
    }

    @Test("requests before the end of the input are still answered, and then the connection ends")
    func halfClosed() throws {
        let client = try Daemon().connect()
        try client.send((1...300).map { request("queue.enqueue", #"{"queue":"q","payload":1}"#, id: "\($0)") })
        client.finishSending()
        #expect(try client.linesToEnd().count == 300)
    }

    @Test("a client that sends notifications and goes away at once loses none", arguments: [1000, 5000])
    func fireAndClose(count: Int) throws {
        let daemon = try Daemon()
        let client = try daemon.connect()
        try client.send((1...count).map { notification("queue.enqueue", #"{"queue":"q","payload":\#($0)}"#) })
        client.close()
        let reader = try daemon.connect()
        let deadline = Deadline()
        // The daemon reads another connection when it likes: asked until that one has ended.
        while try reader.result("system.status")["connections"] != 1, !deadline.isOver {}
        // This comes behind everything that was read there.
        _ = try reader.result("queue.enqueue", #"{"queue":"last","payload":1}"#)
        let queues = try reader.result("queue.stats", #"{"queue":"q"}"#)["queues"]
        #expect(queues[0]["counts"]["ready"] == .integer(Int64(count)))
    }
}
