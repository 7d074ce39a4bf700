import Glibc
import Testing

@Suite("Limits are held, and tell themselves")
struct LimitTests {
    @Test("hello tells the limits in force")
    func hello() throws {
        let client = try Daemon(configuration: "limits: {batch: 7, in_flight: 3}").connect()
        let limits = try client.result("system.hello")["limits"]
        #expect(limits["batch"] == 7)
        #expect(limits["in_flight"] == 3)
        #expect(limits["line_bytes"] == 1_048_576)
    }

    @Test("a user's connections are counted: one too many is told so, and there is room again when one ends")
    func connections() throws {
        let daemon = try Daemon(configuration: "limits: {connections_per_user: 3}")
        let clients = try (0..<3).map { _ in try daemon.connect() }
        for client in clients { _ = try client.result("system.ping") }
        let refused = try daemon.connect().linesToEnd()
        #expect(try refused.map { try JSON($0).reason } == ["too_many_connections"])
        let eager = try daemon.connect()
        try eager.send((1...100).map { request("system.ping", id: "\($0)") })
        #expect(try eager.linesToEnd().map { try JSON($0).reason } == ["too_many_connections"])
        clients[0].close()
        let deadline = Deadline()
        var isAdmitted = false
        // The daemon sees the end of the first when it likes.
        while !isAdmitted, !deadline.isOver {
            let next = try daemon.connect()
            try? next.send(request("system.ping", id: "1"))
            isAdmitted = try next.answer()["id"] == 1
        }
        #expect(isAdmitted)
        _ = try clients[1].result("system.ping")
    }

    @Test("beyond its calls in flight a connection is not read, and the others are")
    func callsInFlight() throws {
        let daemon = try Daemon(configuration: "limits: {in_flight: 4}")
        let (full, other) = (try daemon.connect(), try daemon.connect())
        let wait = #"{"queues":["q"],"wait_ms":60000}"#
        try full.send((1...4).map { request("queue.lease", wait, id: "\($0)") } + [request("system.ping", id: "5")])
        _ = try other.result("queue.enqueue", #"{"queue":"q","payload":1}"#)
        // The ping was read only when one of the waits had been answered.
        #expect(try full.answers(2).map { $0["id"] } == [1, 5])
    }

    @Test(
        "a client that never reads is held up, in bounded memory, and the others are served",
        arguments: [request("system.ping", id: "1"), request("rpc.discover", id: "1")])
    func neverReads(line: String) throws {
        let daemon = try Daemon()
        let (deaf, other) = (try daemon.connect(), try daemon.connect())
        _ = try other.result("rpc.discover")
        let before = try daemon.peakMemory()
        let bytes = Array(String(repeating: line + "\n", count: 1000).utf8)
        let most = 100 * bytes.count
        var sent = 0
        var refusals = 0
        // It is held up when it could write nothing while the daemon has answered somebody else so many times.
        while sent < most, refusals < 200 {
            let from = sent % bytes.count
            let count = try deaf.writeSome(bytes[from...])
            sent += count
            refusals = count == 0 ? refusals + 1 : 0
            if count == 0 { _ = try other.result("system.ping") }
        }
        #expect(sent < most)
        _ = try other.result("queue.enqueue", #"{"queue":"q","payload":1}"#)
        // 4 MiB in flight, some more while they are made; not one answer for each request that was sent.
        let growth = try daemon.peakMemory() - before
        #expect(growth < 32_000_000)
        // Once it reads, it gets what it asked for.
        let whole = sent / (line.utf8.count + 1)
        for _ in 0..<whole {
            let answer = try deaf.line()
            try #require(answer.hasPrefix(#"{"jsonrpc":"2.0","id":1,"result":"#))
        }
    }

    @Test("long answers of reads are not made before the client takes those before them, and others read meanwhile")
    func deafReader() throws {
        let daemon = try Daemon()
        let (deaf, other) = (try daemon.connect(), try daemon.connect())
        let enqueues = (1...1000).map { request("queue.enqueue", #"{"queue":"q","payload":1}"#, id: "\($0)") }
        try other.send(enqueues)
        _ = try other.answers(1000)
        let list = #"{"limit":1000}"#
        let bytes = try other.result("queue.list", list)["operations"].elements.count
        #expect(bytes == 1000)
        let before = try daemon.peakMemory()
        try deaf.send((1...150).map { request("queue.list", list, id: "\($0)") } + [request("system.ping", id: "0")])
        for _ in 0..<20 { _ = try other.result("queue.list", list) }
        // Each answer has about 150 KB.
        let growth = try daemon.peakMemory() - before
        #expect(growth < 14_000_000)
        let answers = try (0...150).map { _ in try deaf.line() }
        let begins = Set(answers.map { $0.prefix(while: { $0 != "r" }) })
        #expect(begins.count == 1)
        #expect(answers.filter { $0.utf8.count > 100_000 }.count == 150)
    }

    @Test("clients that never read cannot have more than the bytes of all together, and the others are served")
    func deafTogether() throws {
        let daemon = try Daemon(configuration: "limits: {total_bytes: 33554432}")
        let other = try daemon.connect()
        _ = try other.result("rpc.discover")
        let before = try daemon.peakMemory()
        let deaf = try (0..<30).map { _ in try daemon.connect() }
        for client in deaf { try client.send((1...60).map { request("rpc.discover", id: "\($0)") }) }
        for _ in 0..<50 { _ = try other.result("queue.enqueue", #"{"queue":"q","payload":1}"#) }
        _ = try other.result("queue.list")
        // They asked for 250 MB.
        let growth = try daemon.peakMemory() - before
        #expect(growth < 70_000_000)
        for client in deaf { for _ in 0..<60 { _ = try client.line() } }
    }

    @Test("where answers that nobody takes leave no room, some of their connections end, and the others are served")
    func deafForLong() throws {
        let daemon = try Daemon(configuration: "limits: {total_bytes: 4194304}")
        let other = try daemon.connect()
        _ = try other.result("rpc.discover")
        let before = try daemon.peakMemory()
        let deaf = try (0..<80).map { _ in try daemon.connect() }
        for client in deaf {
            try client.send((1...20).map { request("rpc.discover", id: "\($0)") })
            _ = try other.result("queue.enqueue", #"{"queue":"q","payload":1}"#)
        }
        let left = try #require(try other.result("system.status")["connections"].int)
        #expect(left > 10 && left < 80, "\(left)")
        // They asked for 200 MB.
        let growth = try daemon.peakMemory() - before
        #expect(growth < 40_000_000)
        try daemon.stop()
        let log = daemon.child.errorText
        #expect(log.contains("limits.total_bytes is reached: "), "\(log.suffix(500))")
    }

    @Test("leases of large payloads that are asked for at once are not all made at once")
    func manyLongLeases() throws {
        let daemon = try Daemon(configuration: "limits: {total_bytes: 16777216}")
        let (deaf, other) = (try daemon.connect(), try daemon.connect())
        let payload = "\"" + String(repeating: "p", count: 500_000) + "\""
        for _ in 0..<200 { _ = try other.result("queue.enqueue", #"{"queue":"q","payload":\#(payload)}"#) }
        let before = try daemon.peakMemory()
        try deaf.send((1...200).map { request("queue.lease", #"{"queues":["q"]}"#, id: "\($0)") })
        // Nobody takes them, so their connection ends, and what it was given is ready again.
        let deadline = Deadline()
        while try other.result("system.status")["connections"] != 1, !deadline.isOver {}
        while try other.result("queue.stats")["queues"][0]["counts"]["ready"] != 200, !deadline.isOver {}
        #expect(try other.result("queue.stats")["queues"][0]["counts"]["ready"] == 200)
        let growth = try daemon.peakMemory() - before
        #expect(growth < 60_000_000, "they have 100 MB")
    }

    @Test("calls of connections that have ended take room until they are done")
    func hitAndRun() throws {
        let daemon = try Daemon(configuration: "limits: {total_bytes: 8388608}")
        let other = try daemon.connect()
        _ = try other.result("system.ping")
        let before = try daemon.peakMemory()
        let line = request(
            "queue.enqueue", #"{"queue":"q","payload":"\#(String(repeating: "p", count: 700_000))"}"#, id: "1")
        for _ in 0..<150 {
            let client = try daemon.connect()
            try client.send(line)
            client.close()
        }
        let deadline = Deadline()
        while try other.result("system.status")["connections"] != 1, !deadline.isOver {}
        let growth = try daemon.peakMemory() - before
        #expect(growth < 60_000_000, "they sent 105 MB")
        #expect(try other.result("queue.enqueue", #"{"queue":"q","payload":1}"#)["operation"].int ?? 0 > 1)
    }

    @Test("clients that never end their lines cannot have more than there is room for, and the others are served")
    func endless() throws {
        let daemon = try Daemon(configuration: "limits: {total_bytes: 8388608}")
        let other = try daemon.connect()
        _ = try other.result("rpc.discover")
        let before = try daemon.peakMemory()
        let clients = try (0..<80).map { _ in try daemon.connect() }
        for client in clients { try client.write(Array(String(repeating: "x", count: 900_000).utf8)) }
        _ = try other.result("queue.enqueue", #"{"queue":"q","payload":1}"#)
        // They sent 72 MB.
        let growth = try daemon.peakMemory() - before
        #expect(growth < 40_000_000)
        // The last one is told, and served again after the end of the line.
        let last = try #require(clients.last)
        let refused = try JSON(last.line())
        #expect(refused.reason == "unavailable", "\(refused)")
        try last.write(Array("x\n".utf8))
        #expect(try last.result("system.ping")["now_at"].int != nil)
        // What was held is given back with its connections.
        for client in clients { client.close() }
        let long = request("system.ping", "{\"x\":\"" + String(repeating: "p", count: 900_000) + "\"}", id: "1")
        var answer = JSON.null
        for _ in 0..<1000 {
            try other.send(long)
            answer = try other.answer()
            guard answer.reason == "unavailable" else { break }
        }
        #expect(answer["id"] == 1 && answer.reason == "invalid_params", "\(answer)")
    }

    @Test("a read whose turn comes after its deadline is refused")
    func readDeadline() throws {
        let daemon = try Daemon(configuration: "limits: {in_flight_bytes: 1048576}")
        let (client, other) = (try daemon.connect(), try daemon.connect())
        let late = request("queue.list", #"{"_meta":{"deadline_ms":1}}"#, id: #""late""#)
        let intime = request("queue.list", #"{"_meta":{"deadline_ms":600000}}"#, id: #""in time""#)
        // The answers before them fill what the connection may have, for they are not read.
        try client.send((1...10).map { request("rpc.discover", id: "\($0)") } + [late, intime])
        _ = try other.result("queue.enqueue", #"{"queue":"q","payload":1}"#)
        let began = try other.result("system.ping")["now_at"].int ?? 0
        while try other.result("system.ping")["now_at"].int ?? 0 < began + 10 {}
        let answers = try client.answers(12)
        #expect(answers.first { $0["id"] == "late" }?.reason == "deadline_exceeded")
        #expect(answers.first { $0["id"] == "in time" }?["result"]["operations"].elements.count == 1)
    }

    @Test("a lease gives fewer operations than would fit into a line")
    func longLease() throws {
        let client = try Daemon().connect()
        let payload = "\"" + String(repeating: "p", count: 300_000) + "\""
        for _ in 0..<5 { _ = try client.result("queue.enqueue", #"{"queue":"q","payload":\#(payload)}"#) }
        var leased: [Int64?] = []
        while leased.count < 5 {
            try client.send(request("queue.lease", #"{"queues":["q"],"max":5}"#, id: "1"))
            let line = try client.line()
            #expect(line.utf8.count <= 1_048_576)
            let operations = try JSON(line)["result"]["operations"].elements
            try #require(!operations.isEmpty)
            leased += operations.map { $0["operation"].int }
        }
        #expect(leased == [1, 2, 3, 4, 5])
    }

    @Test("a batch whose answers together are too long for a line is not answered with a longer one")
    func longBatch() throws {
        let client = try Daemon().connect()
        let payload = "\"" + String(repeating: "p", count: 700_000) + "\""
        _ = try client.result("queue.enqueue", #"{"queue":"q","payload":\#(payload)}"#)
        let gets = (1...3).map { request("queue.get", #"{"operation":1}"#, id: "\($0)") }
        try client.send("[\(gets.joined(separator: ","))]")
        let line = try client.line()
        #expect(line.utf8.count <= 1_048_576)
        #expect(try JSON(line).elements.map { $0["id"] } == [1, 2, 3])
    }

    @Test("a payload that could not be given back in one line is refused")
    func longPayload() throws {
        let client = try Daemon().connect()
        let payload = "\"" + String(repeating: "p", count: 1_000_000) + "\""
        let answer = try client.call("queue.enqueue", #"{"queue":"q","payload":\#(payload)}"#)
        #expect(answer.reason == "too_large")
        #expect(answer["error"]["data"]["field"] == "payload")
    }

    @Test("a full queue says so, and when to try again")
    func fullQueue() throws {
        let client = try Daemon(configuration: "queue: {max_size: 2}").connect()
        for _ in 0..<2 { _ = try client.result("queue.enqueue", #"{"queue":"q","payload":1}"#) }
        let answer = try client.call("queue.enqueue", #"{"queue":"q","payload":1}"#)
        #expect(answer.reason == "queue_full")
        #expect(answer["error"]["data"]["retryable"] == true)
        #expect(answer["error"]["data"]["retry_after_ms"].int != nil)
        #expect(try client.result("queue.stats")["queues"][0]["counts"]["ready"] == 2)
    }
}
