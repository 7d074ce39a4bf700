import MendProtocol
import MendWire
import Testing

@testable import MendClient

@Suite("The concurrent client")
struct ClientTests {
    private let peer: Peer
    private let client: Client

    init() {
        let (peer, descriptor) = Peer.pair()
        self.peer = peer
        client = Client(adopting: descriptor)
    }

    @Test("many tasks share a connection, and each gets its own answer whatever their order")
    func outOfOrder() async throws {
        let script = peer.start { peer in
            let requests = try (0..<50).map { _ in try peer.request() }
            for request in requests.reversed() {
                peer.answer(try #require(request.id), try #require(request.params?.rawText))
            }
        }
        try await withThrowingTaskGroup(of: Void.self) { group in
            for number in 0..<50 {
                group.addTask { [client] in
                    let params = try RawJSON(validating: "{\"n\":\(number)}")
                    #expect(try await client.callRaw(method: "echo", params: params) == params)
                }
            }
            try await group.waitForAll()
        }
        try await script.end()
    }

    @Test("an answer that comes byte by byte is found")
    func halfLines() async throws {
        let script = peer.start { peer in
            let id = try #require(try peer.request().id)
            for character in "{\"jsonrpc\":\"2.0\",\"id\":\(id),\"result\":{\"now_at\":9}}\n" {
                peer.send(String(character))
            }
        }
        #expect(try await client.call(System.Ping()).nowAt == 9)
        try await script.end()
    }

    @Test("when the connection ends, all calls that wait fail, and later ones too")
    func connectionLost() async throws {
        let script = peer.start { peer in
            for _ in 0..<2 { _ = try peer.line() }
            peer.hangUp()
        }
        let first = Task { [client] in try await client.call(System.Ping()) }
        let second = Task { [client] in try await client.call(System.Ping()) }
        await #expect(throws: ClientError.connectionLost("the daemon closed it")) { _ = try await first.value }
        await #expect(throws: ClientError.connectionLost("the daemon closed it")) { _ = try await second.value }
        await #expect(throws: ClientError.connectionLost("the daemon closed it")) {
            try await client.call(System.Ping())
        }
        try await script.end()
    }

    @Test("closing fails the calls that wait, and the daemon sees the end")
    func close() async throws {
        let call = Task { [client] in try await client.call(System.Ping()) }
        _ = try await peer.play { try $0.line() }
        client.close()
        await #expect(throws: ClientError.connectionLost("this client closed it")) { _ = try await call.value }
        await #expect(throws: Peer.Ended.self) { try await peer.play { _ = try $0.line() } }
    }

    @Test("the connection ends with the client that nobody holds any more")
    func released() async throws {
        let (peer, descriptor) = Peer.pair()
        do { _ = Client(adopting: descriptor) }
        await #expect(throws: Peer.Ended.self) { try await peer.play { _ = try $0.line() } }
    }

    @Test("cancelling a task ends its wait only: the late answer is dropped, other calls go on")
    func cancelled() async throws {
        let task = Task { [client] in try await client.call(System.Ping()) }
        let id = try await peer.play { try #require(try $0.request().id) }
        task.cancel()
        await #expect(throws: ClientError.cancelled) { try await task.value }
        let script = peer.start { peer in
            peer.answer(id, #"{"now_at":1}"#)
            peer.answer(try #require(try peer.request().id), #"{"now_at":2}"#)
        }
        #expect(try await client.call(System.Ping()).nowAt == 2)
        try await script.end()
    }

    @Test("a call of a task that was cancelled before is not sent")
    func cancelledBefore() async throws {
        let task = Task { [client] in
            withUnsafeCurrentTask { $0?.cancel() }
            return try await client.call(System.Health())
        }
        await #expect(throws: ClientError.cancelled) { try await task.value }
        let script = peer.start { peer in
            let request = try peer.request()
            peer.answer(try #require(request.id), #"{"now_at":2}"#)
            return request.method
        }
        #expect(try await client.call(System.Ping()).nowAt == 2)
        #expect(try await script.end() == "system.ping")
    }

    @Test("a call without an answer in time is given up; it was sent all the same")
    func timeout() async throws {
        let (peer, descriptor) = Peer.pair()
        let client = Client(adopting: descriptor, settings: ClientSettings(timeoutMs: 1))
        await #expect(throws: ClientError.timedOut) { try await client.call(System.Ping()) }
        #expect(try await peer.play { try $0.request().method } == "system.ping")
    }

    @Test("what the socket does not take at once goes out while the daemon reads")
    func fullBuffers() async throws {
        let (peer, descriptor) = Peer.pair(bufferBytes: 4096)
        var settings = ClientSettings()
        settings.maxOutgoingBytes = 1000
        let client = Client(adopting: descriptor, settings: settings)
        let params = RawJSON(unchecked: "{\"text\":\"\(String(repeating: "x", count: 300_000))\"}")
        let script = peer.start { peer in
            for _ in 0..<4 {
                let request = try peer.request()
                peer.answer(try #require(request.id), try #require(request.params?.rawText))
            }
        }
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<4 {
                group.addTask {
                    let answer = try await client.callRaw(method: "echo", params: params)
                    #expect(answer == params)
                }
            }
            try await group.waitForAll()
        }
        try await script.end()
    }

    @Test("a notification is sent in its turn")
    func notify() async throws {
        try await client.notify(System.Ping())
        #expect(try await peer.play { try $0.line() } == #"{"jsonrpc":"2.0","method":"system.ping","params":{}}"#)
    }

    @Test("an error of the daemon is typed")
    func failed() async throws {
        let script = peer.start { peer in
            let id = try #require(try peer.request().id)
            peer.answer(id.text, error: #"{"code":-32001,"message":"gone","data":{"reason":"not_found"}}"#)
        }
        do {
            _ = try await client.call(Queue.Get(operation: 1))
            Issue.record("it must fail")
        } catch .failed(let call) {
            #expect(call.reason == .notFound)
        }
        try await script.end()
    }

    @Test("what is no answer ends the connection")
    func violation() async throws {
        let script = peer.start { peer in
            _ = try peer.line()
            peer.send("nonsense\n")
        }
        do {
            _ = try await client.call(System.Ping())
            Issue.record("it must fail")
        } catch {
            guard case .protocolViolation = error else { throw error }
        }
        try await script.end()
    }
}
