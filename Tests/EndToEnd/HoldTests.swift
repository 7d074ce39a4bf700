import Glibc
import Testing

@Suite("The end of an owner is noticed, and the daemon's own end is none")
struct HoldTests {
    private static let long = #""lease_ms":86400000"#

    private func enqueued(_ daemon: Daemon) throws -> LineClient {
        let client = try daemon.connect()
        _ = try client.result("queue.enqueue", #"{"queue":"q","payload":1}"#)
        return client
    }

    private func lease(_ client: LineClient, hold: String, wait: Bool = false) throws -> JSON {
        let waitMs = wait ? #","wait_ms":60000"# : ""
        return try client.result(
            "queue.lease", #"{"queues":["q"],\#(Self.long),"hold":\#(hold)\#(waitMs)}"#)["operations"][0]
    }

    /// Takes what becomes ready; it comes long before the time of any lease here ends.
    private func next(_ client: LineClient) throws -> JSON {
        try client.result("queue.lease", #"{"queues":["q"],"wait_ms":60000}"#)["operations"][0]
    }

    @Test(
        "a worker that is killed loses what it held by its connection at once",
        .enabled(if: Tool.isInstalled("socat"), "needs socat"))
    func killedWorker() throws {
        let daemon = try Daemon()
        let client = try enqueued(daemon)
        try daemon.place.write(
            request("queue.lease", #"{"queues":["q"],\#(Self.long),"hold":"connection"}"#, id: "1") + "\n", to: "input")
        let socat = try #require(Tool.path("socat"))
        let worker = try Child(
            [socat, "-,ignoreeof", "UNIX-CONNECT:\(daemon.socket)"], input: daemon.place.file("input"))
        while try client.result("queue.get", #"{"operation":1}"#)["state"] != "leased" {}
        worker.kill()
        #expect(try next(client)["attempt"] == 2)
    }

    @Test("what is tied to a process is ready at once when that is killed, whoever leased it")
    func killedProcess() throws {
        let daemon = try Daemon()
        let client = try enqueued(daemon)
        let process = try Child(["/bin/sleep", "1000"])
        #expect(try lease(client, hold: #"{"pid":\#(process.pid)}"#)["attempt"] == 1)
        let waiting = try daemon.connect()
        try waiting.send(request("queue.lease", #"{"queues":["q"],"wait_ms":60000}"#, id: "1"))
        process.kill()
        #expect(try waiting.answer()["result"]["operations"][0]["attempt"] == 2)
        let again = try client.call("queue.lease", #"{"queues":["q"],"hold":{"pid":\#(process.pid)}}"#)
        #expect(again.reason == "not_found")
        #expect(again["error"]["data"]["field"] == "hold.pid")
    }

    @Test("a wait for something that would be tied to a process ends with it")
    func waitOfEnded() throws {
        let daemon = try Daemon()
        let client = try daemon.connect()
        let process = try Child(["/bin/sleep", "1000"])
        let wait = #"{"queues":["q"],"wait_ms":86400000,"hold":{"pid":\#(process.pid)}}"#
        try client.send(request("queue.lease", wait, id: "1"), request("system.ping", id: "2"))
        #expect(try client.answer()["id"] == 2)
        process.kill()
        #expect(try client.answer()["result"]["operations"].elements.isEmpty == true)
        _ = try client.result("queue.enqueue", #"{"queue":"q","payload":1}"#)
        #expect(try next(client)["attempt"] == 1)
    }

    @Test("in a batch, too, each call names its owner")
    func batch() throws {
        let daemon = try Daemon()
        let client = try enqueued(daemon)
        _ = try client.result("queue.enqueue", #"{"queue":"q","payload":2}"#)
        let process = try Child(["/bin/sleep", "1000"])
        let worker = try daemon.connect()
        let holds = [#""connection""#, #"{"pid":\#(process.pid)}"#, #"{"pid":4194304}"#]
        let calls = holds.enumerated().map { id, hold in
            request("queue.lease", #"{"queues":["q"],\#(Self.long),"hold":\#(hold)}"#, id: "\(id)")
        }
        try worker.send("[\(calls.joined(separator: ","))]")
        let answers = try worker.answer().elements
        #expect(answers.map { $0["result"]["operations"][0]["operation"] } == [1, 2, nil])
        #expect(answers.last?.reason == "not_found")
        process.kill()
        #expect(try next(client)["operation"] == 2)
        worker.close()
        #expect(try next(client)["operation"] == 1)
    }

    @Test("a breaker's permit comes back at once when its connection ends, and when its process is killed")
    func permits() throws {
        let daemon = try Daemon()
        let client = try daemon.connect()
        _ = try client.result("breaker.configure", #"{"breaker":"b","max_concurrent":1,"permit_ms":86400000}"#)
        let process = try Child(["/bin/sleep", "1000"])
        for hold in [#""connection""#, #"{"pid":\#(process.pid)}"#] {
            let caller = try daemon.connect()
            #expect(try caller.result("breaker.acquire", #"{"breaker":"b","hold":\#(hold)}"#)["granted"] == true)
            #expect(try client.result("breaker.acquire", #"{"breaker":"b"}"#)["granted"] == false)
            if hold.hasPrefix("{") { process.kill() } else { caller.close() }
            var granted = try client.result("breaker.acquire", #"{"breaker":"b"}"#)
            while granted["granted"] == false { granted = try client.result("breaker.acquire", #"{"breaker":"b"}"#) }
            _ = try client.result(
                "breaker.record", #"{"permit":\#(granted["permit"].int ?? 0),"outcome":"success"}"#)
        }
        let ended = try client.call("breaker.acquire", #"{"breaker":"b","hold":{"pid":\#(process.pid)}}"#)
        #expect(ended.reason == "not_found")
    }

    @Test("after a crash of the daemon, what is tied to a living process stays so, and its end is noticed again")
    func processOverCrash() throws {
        let daemon = try Daemon()
        let process = try Child(["/bin/sleep", "1000"])
        #expect(try lease(enqueued(daemon), hold: #"{"pid":\#(process.pid)}"#)["operation"] == 1)
        try daemon.restart()
        let client = try daemon.connect()
        #expect(try client.result("queue.get", #"{"operation":1}"#)["state"] == "leased")
        process.kill()
        #expect(try next(client)["attempt"] == 2)
    }

    @Test("an owner that ended while no daemon ran gives back what it held, and no attempt is spent")
    func endedMeanwhile() throws {
        let daemon = try Daemon()
        let process = try Child(["/bin/sleep", "1000"])
        #expect(try lease(enqueued(daemon), hold: #"{"pid":\#(process.pid)}"#)["operation"] == 1)
        daemon.kill()
        process.kill()
        try daemon.restart()
        #expect(try next(daemon.connect())["attempt"] == 1)
    }

    @Test("after a crash of the daemon a token is presented from another connection, and is tied to that one")
    func presentedAgain() throws {
        let daemon = try Daemon()
        let first = try enqueued(daemon)
        let lease = try lease(first, hold: #""connection""#)["lease"].int ?? 0
        try daemon.restart()
        first.close()
        let (worker, client) = (try daemon.connect(), try daemon.connect())
        _ = try worker.result("queue.extend", #"{"operation":1,"lease":\#(lease),\#(Self.long)}"#)
        #expect(try client.result("queue.get", #"{"operation":1}"#)["state"] == "leased")
        worker.close()
        #expect(try next(client)["attempt"] == 2)
    }

    @Test("a stop of the daemon ends no hold")
    func stop() throws {
        let daemon = try Daemon()
        let process = try Child(["/bin/sleep", "1000"])
        let worker = try enqueued(daemon)
        _ = try worker.result("queue.enqueue", #"{"queue":"q","payload":2}"#)
        let lease = try lease(worker, hold: #""connection""#)["lease"].int ?? 0
        #expect(try self.lease(worker, hold: #"{"pid":\#(process.pid)}"#)["operation"] == 2)
        let end = try daemon.stop()
        #expect(end == .exited(0))
        try daemon.restart()
        let client = try daemon.connect()
        _ = try client.result("queue.extend", #"{"operation":1,"lease":\#(lease)}"#)
        #expect(try client.result("queue.get", #"{"operation":2}"#)["state"] == "leased")
        process.kill()
        #expect(try next(client)["operation"] == 2)
    }

    @Test("what was leased to a client that went away meanwhile goes back, and no attempt is spent")
    func goneMeanwhile() throws {
        let daemon = try Daemon()
        let client = try daemon.connect()
        for _ in 0..<50 {
            let worker = try daemon.connect()
            let wait = #"{"queues":["q"],"wait_ms":60000,\#(Self.long),"hold":"connection"}"#
            try worker.send(request("queue.lease", wait, id: "1"), request("system.ping", id: "2"))
            #expect(try worker.answer()["id"] == 2)
            worker.close()
            _ = try client.result("queue.enqueue", #"{"queue":"q","payload":1}"#)
            let leased = try next(client)
            #expect(leased["attempt"] == 1)
            let (operation, lease) = (leased["operation"].int ?? 0, leased["lease"].int ?? 0)
            _ = try client.result("queue.complete", #"{"operation":\#(operation),"lease":\#(lease)}"#)
        }
    }

    @Test(
        "somebody else's process cannot be named",
        .enabled(if: Daemon.canSpeakAsOthers, "needs root, setpriv and socat, to speak as another user"))
    func othersProcess() throws {
        let daemon = try Daemon(configuration: "roles: {client: {users: ['61001'], groups: []}}")
        let alice = try daemon.connect(as: 61_001)
        let relay = try #require(alice.relay)
        let other = try alice.call("queue.lease", #"{"queues":["q"],"hold":{"pid":\#(getpid())}}"#)
        #expect(other.reason == "permission_denied")
        _ = try alice.result("queue.lease", #"{"queues":["q"],"hold":{"pid":\#(relay.pid)}}"#)
    }

    @Test(
        "a number from another pid namespace is refused",
        .enabled(if: Daemon.canSpeakAsOthers && Tool.canUnsharePIDs, "needs root and unshare, for a pid namespace"))
    func otherNamespace() throws {
        let daemon = try Daemon()
        let unshare = try #require(Tool.path("unshare"))
        let inside = try daemon.connect(as: 0, through: [unshare, "--pid", "--fork", "--kill-child"])
        let refused = try inside.call("queue.lease", #"{"queues":["q"],"hold":{"pid":1}}"#)
        #expect(refused.reason == "permission_denied")
        #expect(refused["error"]["data"]["field"] == "hold.pid")
        _ = try inside.result("queue.lease", #"{"queues":["q"],"hold":"connection"}"#)
    }
}

extension Tool {
    /// Whether this process may make a pid namespace.
    static let canUnsharePIDs: Bool = {
        guard let unshare = path("unshare"), let child = try? Child([unshare, "--pid", "--fork", "/bin/true"]) else {
            return false
        }
        return (try? child.waitForEnd()) == .exited(0)
    }()
}
