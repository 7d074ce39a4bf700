import MendProtocol
import MendWire
import Testing

@testable import MendClient

/// Answers stand in the socket before the calls are made: ids count from 1.
@Suite("The blocking client")
struct BlockingClientTests {
    private let peer: Peer
    private let client: BlockingClient

    init() {
        let (peer, descriptor) = Peer.pair()
        self.peer = peer
        client = BlockingClient(adopting: descriptor)
    }

    @Test("a call is one line, and its answer is typed")
    func call() throws {
        peer.answer(1, #"{"operation":7,"deduplicated":false,"new_member":[1]}"#)
        let payload = try RawJSON(validating: #"{"to": 1.10}"#)
        let answer = try client.call(Queue.Enqueue(queue: try #require(Name("emails")), payload: payload))
        #expect(answer == Queue.Enqueue.Answer(operation: 7, deduplicated: false))
        #expect(
            try peer.line()
                == #"{"jsonrpc":"2.0","id":1,"method":"queue.enqueue","params":{"queue":"emails","payload":{"to": 1.10}}}"#
        )
    }

    @Test("what a call carries beside its parameters is the member _meta")
    func meta() throws {
        peer.answer(1, #"{"now_at":1}"#)
        _ = try client.call(System.Ping(), meta: Meta(correlation: Name("run-1")))
        #expect(
            try peer.line()
                == #"{"jsonrpc":"2.0","id":1,"method":"system.ping","params":{"_meta":{"correlation":"run-1"}}}"#)
    }

    @Test("a raw call hands parameters and result on as they are")
    func raw() throws {
        peer.answer(1, #"{"b":1.10,"a":"\u0041"}"#)
        let result = try client.callRaw(method: "any.method", params: try RawJSON(validating: #"{"x":1e2}"#))
        #expect(result.text == #"{"b":1.10,"a":"\u0041"}"#)
        #expect(try peer.line() == #"{"jsonrpc":"2.0","id":1,"method":"any.method","params":{"x":1e2}}"#)
        peer.answer(2, "{}")
        _ = try client.callRaw(method: "any.method")
        #expect(try peer.line() == #"{"jsonrpc":"2.0","id":2,"method":"any.method"}"#)
    }

    @Test("answers can come in any order, and be received in any other")
    func outOfOrder() throws {
        let first = try client.send(System.Ping())
        let second = try client.send(System.Ping())
        let third = try client.send(System.Ping())
        for id in [3, 1, 2] { peer.answer(id, #"{"now_at":\#(id)}"#) }
        #expect(try client.receive(second).nowAt == 2)
        #expect(try client.receive(third).nowAt == 3)
        #expect(try client.receive(first).nowAt == 1)
    }

    @Test("an answer can be received once only")
    func receivedTwice() throws {
        let sent = try client.send(System.Ping())
        peer.answer(1, #"{"now_at":1}"#)
        _ = try client.receive(sent)
        #expect(throws: ClientError.self) { try client.receive(sent) }
    }

    @Test("many calls go out before the first answer is waited for, and each has its own outcome")
    func callAll() throws {
        peer.answer(2, #"{"now_at":2}"#)
        peer.answer("1", error: #"{"code":-32012,"message":"no","data":{"reason":"unavailable","retryable":true}}"#)
        let outcomes = client.callAll([System.Ping(), System.Ping()])
        #expect(outcomes.count == 2)
        #expect(throws: ClientError.self) { try outcomes[0].get() }
        #expect(try outcomes[1].get().nowAt == 2)
    }

    @Test("a notification has no id and is not waited for")
    func notify() throws {
        try client.notify(Breaker.Reset(breaker: try #require(Name("billing"))))
        #expect(try peer.line() == #"{"jsonrpc":"2.0","method":"breaker.reset","params":{"breaker":"billing"}}"#)
    }

    @Test("notifications of the daemon, empty lines and CR LF are passed over")
    func noise() throws {
        peer.send("\r\n\n{\"jsonrpc\":\"2.0\",\"method\":\"events.event\",\"params\":{}}\n")
        peer.send("{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{\"now_at\":5}}\r\n")
        #expect(try client.call(System.Ping()).nowAt == 5)
    }

    @Test("an answer that comes byte by byte is found")
    func halfLines() async throws {
        let (peer, descriptor) = Peer.pair()
        let client = BlockingClient(adopting: descriptor)
        let script = peer.start { peer in
            let id = try #require(try peer.request().id)
            for character in "{\"jsonrpc\":\"2.0\",\"id\":\(id),\"result\":{\"now_at\":9}}\n" {
                peer.send(String(character))
            }
        }
        #expect(try client.call(System.Ping()).nowAt == 9)
        try await script.end()
    }

    @Test("a call larger than the socket's buffers is written while answers are read")
    func fullBuffers() async throws {
        let (peer, descriptor) = Peer.pair(bufferBytes: 4096)
        let client = BlockingClient(adopting: descriptor)
        let payload = RawJSON.string(String(repeating: "x", count: 200_000))
        // Answers as large as the calls: neither side could go on if the other only wrote.
        let script = peer.start { peer in
            for _ in 0..<4 {
                let request = try peer.request()
                let id = try #require(request.id)
                peer.answer(id, "{\"echo\":\(request.params?["payload"]?.rawText ?? "null")}")
            }
        }
        let sent = try (0..<4).map { _ in
            try client.send(Queue.Enqueue(queue: try #require(Name("q")), payload: payload))
        }
        for one in sent {
            // The answer has none of the members that the result needs.
            let error = #expect(throws: ClientError.self) { try client.receive(one) }
            guard case .protocolViolation(let what) = error else { throw Peer.Ended() }
            #expect(what.hasPrefix("the result of queue.enqueue: operation"))
        }
        try await script.end()
    }

    @Test("when the connection ends, waiting calls and later ones fail, and nothing is sent again")
    func connectionLost() throws {
        let sent = try client.send(System.Ping())
        _ = try peer.line()
        peer.hangUp()
        #expect(throws: ClientError.connectionLost("the daemon closed it")) { try client.receive(sent) }
        #expect(throws: ClientError.connectionLost("the daemon closed it")) { try client.call(System.Ping()) }
        #expect(throws: Peer.Ended.self) { try peer.line() }
    }

    @Test("an answer that came before the end is still received")
    func answeredThenClosed() throws {
        peer.answer(1, #"{"now_at":3}"#)
        peer.hangUp()
        #expect(try client.call(System.Ping()).nowAt == 3)
    }

    @Test("half a line before the end is no answer")
    func halfLineThenClosed() throws {
        peer.send(#"{"jsonrpc":"2.0","id":1,"result":{"now_at":3}}"#)
        peer.hangUp()
        #expect(throws: ClientError.connectionLost("the daemon closed it")) { try client.call(System.Ping()) }
    }

    @Test("why a daemon refuses a connection is told although it has closed it")
    func refused() throws {
        let error = #"{"code":-32013,"message":"too many","data":{"reason":"too_many_connections","retryable":true}}"#
        peer.answer("null", error: error)
        peer.hangUp()
        for _ in 0..<2 {
            let thrown = #expect(throws: ClientError.self) { try client.call(System.Ping()) }
            guard case .failed(let call) = thrown else { throw Peer.Ended() }
            #expect(call.reason == .tooManyConnections)
        }
    }

    @Test("an error without an id belongs to the only call that waits, and the connection goes on")
    func unattributed() throws {
        peer.answer("null", error: #"{"code":-32700,"message":"not JSON"}"#)
        let thrown = #expect(throws: ClientError.self) { try client.call(System.Ping()) }
        guard case .failed(let call) = thrown else { throw Peer.Ended() }
        #expect(call.reason == .parseError)
        peer.answer(2, #"{"now_at":1}"#)
        #expect(try client.call(System.Ping()).nowAt == 1)
    }

    @Test("an error without an id among several calls ends the connection")
    func ambiguous() throws {
        let sent = [try client.send(System.Ping()), try client.send(System.Ping())]
        peer.answer("null", error: #"{"code":-32700,"message":"not JSON"}"#)
        for one in sent {
            let thrown = #expect(throws: ClientError.self) { try client.receive(one) }
            guard case .protocolViolation = thrown else { throw Peer.Ended() }
        }
    }

    @Test(
        "what is no answer is a violation of the protocol",
        arguments: [
            "nonsense", "[]", #"{"jsonrpc":"2.0","id":1}"#, #"{"jsonrpc":"2.0","id":77,"result":{}}"#,
            #"{"jsonrpc":"2.0","id":"a","result":{}}"#, #"{"jsonrpc":"2.0","id":1,"method":"m"}"#,
        ])
    func violation(line: String) throws {
        peer.send(line + "\n")
        let thrown = #expect(throws: ClientError.self) { try client.call(System.Ping()) }
        guard case .protocolViolation = thrown else { throw Peer.Ended() }
    }

    @Test("an answer longer than the limit ends the connection instead of filling the memory")
    func longAnswer() throws {
        let (peer, descriptor) = Peer.pair()
        var settings = ClientSettings()
        settings.maxAnswerBytes = 100
        let client = BlockingClient(adopting: descriptor, settings: settings)
        peer.send(String(repeating: " ", count: 50) + String(repeating: "x", count: 60))
        let thrown = #expect(throws: ClientError.self) { try client.call(System.Ping()) }
        #expect(thrown == .protocolViolation("a line is longer than this client takes"))
    }

    @Test("a call longer than the limit fails before anything is sent")
    func longCall() throws {
        let (peer, descriptor) = Peer.pair()
        var settings = ClientSettings()
        settings.maxRequestBytes = 100
        let client = BlockingClient(adopting: descriptor, settings: settings)
        let payload = RawJSON.string(String(repeating: "x", count: 100))
        let thrown = #expect(throws: ClientError.self) {
            try client.call(Queue.Enqueue(queue: try #require(Name("q")), payload: payload))
        }
        guard case .failed(let call) = thrown else { throw Peer.Ended() }
        #expect(call.reason == .tooLarge)
        peer.answer(1, #"{"now_at":1}"#)
        #expect(try client.call(System.Ping()).nowAt == 1)
        #expect(try peer.request().method == "system.ping")
    }

    @Test("a call without an answer in time is given up, and its late answer is dropped")
    func timeout() throws {
        let (peer, descriptor) = Peer.pair()
        let client = BlockingClient(adopting: descriptor, settings: ClientSettings(timeoutMs: 1))
        #expect(throws: ClientError.timedOut) { try client.call(System.Ping()) }
        peer.answer(1, #"{"now_at":1}"#)
        peer.answer(2, #"{"now_at":2}"#)
        #expect(try client.call(System.Ping()).nowAt == 2)
    }

    @Test("half a call that the daemon does not take in time ends the connection")
    func timeoutWhileSending() throws {
        let (peer, descriptor) = Peer.pair(bufferBytes: 4096)
        let client = BlockingClient(adopting: descriptor, settings: ClientSettings(timeoutMs: 1))
        let payload = RawJSON.string(String(repeating: "x", count: 500_000))
        #expect(throws: ClientError.timedOut) {
            try client.call(Queue.Enqueue(queue: try #require(Name("q")), payload: payload))
        }
        #expect(throws: ClientError.connectionLost("a call could be sent in part only")) {
            try client.call(System.Ping())
        }
        withExtendedLifetime(peer) {}
    }
}
