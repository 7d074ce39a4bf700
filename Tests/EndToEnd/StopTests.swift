import Foundation
import Glibc
import Testing

@Suite("A stop answers what was read")
struct StopTests {
    @Test("waits are answered with shutting_down, the connection ends, the status is 0 and the socket is gone")
    func waits() throws {
        let daemon = try Daemon()
        let client = try daemon.connect()
        try client.send(
            request("queue.lease", #"{"queues":["q"],"wait_ms":600000}"#, id: #""wait""#),
            request("queue.enqueue", #"{"queue":"other","payload":1}"#, id: "1"))
        #expect(try client.answer()["id"] == 1)
        let end = try daemon.stop()
        #expect(end == .exited(0))
        let rest = try client.linesToEnd().map { try JSON($0) }
        #expect(rest.map { $0["id"] } == ["wait"])
        #expect(rest.map(\.reason) == ["shutting_down"])
        #expect(rest.first?["error"]["data"]["retryable"] == true)
        #expect(!FileManager.default.fileExists(atPath: daemon.socket))
    }

    @Test("each call that was done before the end was answered", arguments: 1...3)
    func nothingUnanswered(round: Int) throws {
        let daemon = try Daemon()
        let clients = try (0..<8).map { _ in try daemon.connect() }
        for client in clients {
            try client.send((1...400).map { request("queue.enqueue", #"{"queue":"q","payload":1}"#, id: "\($0)") })
        }
        let end = try daemon.stop()
        #expect(end == .exited(0))
        var answered: Set<Int64> = []
        for client in clients {
            let answers = try client.linesToEnd().map { try JSON($0) }
            #expect(answers.map { $0["id"].int } == answers.indices.map { Int64($0 + 1) })
            answered.formUnion(answers.compactMap { $0["result"]["operation"].int })
        }
        try daemon.restart()
        #expect(try Self.operations(daemon.connect()) == answered)
    }

    @Test("a thousand connections are answered, each what it sent, and the daemon ends by itself")
    func manyConnections() throws {
        raiseFileLimit()
        // With these times, nothing but the end of the last connection can be what ends it.
        let daemon = try Daemon(
            configuration: """
                limits: {connections_per_user: 2000}
                stop: {timeout_ms: 3600000, deaf_ms: 3600000}
                """)
        let idle = try (0..<250).map { _ in try daemon.connect() }
        let waiting = try (0..<500).map { _ in try daemon.connect() }
        for client in waiting {
            try client.send(
                request("queue.lease", #"{"queues":["empty"],"wait_ms":3600000}"#, id: #""wait""#),
                request("system.ping", id: "1"))
        }
        // The wait before the answer was read.
        for client in waiting { #expect(try client.answer()["id"] == 1) }
        let busy = try (0..<250).map { _ in try daemon.connect() }
        for client in busy { try client.send([request("queue.enqueue", #"{"queue":"q","payload":1}"#, id: "1")]) }
        let end = try daemon.stop()
        #expect(end == .exited(0))
        #expect(try idle.allSatisfy { try $0.linesToEnd().isEmpty })
        #expect(
            try waiting.allSatisfy { client in
                let rest = try client.linesToEnd().map { try JSON($0) }
                return rest.map { $0["id"] } == ["wait"] && rest.map(\.reason) == ["shutting_down"]
            })
        // Those that were not read yet were not done.
        let answered = try busy.compactMap { try $0.linesToEnd().first.map { try JSON($0)["result"]["operation"].int } }
        try daemon.restart()
        #expect(try Self.operations(daemon.connect()) == Set(answered.compactMap(\.self)))
        #expect(answered.allSatisfy { $0 != nil })
    }

    private func raiseFileLimit() {
        var limit = rlimit()
        getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
        limit.rlim_cur = max(limit.rlim_cur, min(4096, limit.rlim_max))
        setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
    }

    @Test("a client that does not read its answers does not hold up the end for longer than a moment")
    func deafClient() throws {
        let daemon = try Daemon(configuration: "stop: {timeout_ms: 600000, deaf_ms: 100}")
        let client = try daemon.connect()
        try client.send((1...400).map { request("rpc.discover", id: "\($0)") })
        _ = try client.line()
        let end = try daemon.stop()
        #expect(end == .exited(0))
    }

    @Test("what deaf clients still asked for at a stop does not fill the memory")
    func deafClients() throws {
        let daemon = try Daemon(
            configuration: "{limits: {total_bytes: 8388608}, stop: {timeout_ms: 600000, deaf_ms: 50}}")
        let clients = try (0..<10).map { _ in try daemon.connect() }
        let other = try daemon.connect()
        for client in clients { try client.send((1...800).map { request("rpc.discover", id: "\($0)") }) }
        _ = try other.result("queue.enqueue", #"{"queue":"q","payload":1}"#)
        // Whatever it has at its end, it was never allowed to have the 640 MB that they asked for.
        let limited = try Child([
            try #require(Tool.path("prlimit")), "--pid=\(daemon.child.pid)", "--data=\(300_000_000)",
        ])
        try limited.waitForEnd()
        let end = try daemon.stop()
        #expect(end == .exited(0))
    }

    @Test("a clean stop leaves nothing but the state: its log is in the file")
    func log() throws {
        let daemon = try Daemon()
        let client = try daemon.connect()
        _ = try client.result("queue.enqueue", #"{"queue":"q","payload":1}"#)
        _ = try client.result("queue.list")
        let end = try daemon.stop()
        #expect(end == .exited(0))
        #expect(!FileManager.default.fileExists(atPath: daemon.databasePath + "-wal"))
        try daemon.restart()
        #expect(try Self.operations(daemon.connect()) == [1])
    }

    @Test("SIGINT is as good as SIGTERM")
    func interrupt() throws {
        let daemon = try Daemon()
        daemon.signal(SIGINT)
        let end = try daemon.child.waitForEnd()
        #expect(end == .exited(0))
    }

    /// The ids of all operations, page by page.
    static func operations(_ client: LineClient, state: String? = nil) throws -> Set<Int64> {
        var all: Set<Int64> = []
        var after: Int64 = 0
        let filter = state.map { #","state":"\#($0)""# } ?? ""
        while true {
            let page = try client.result("queue.list", #"{"after":\#(after),"limit":1000\#(filter)}"#)
            all.formUnion(page["operations"].elements.compactMap { $0["operation"].int })
            guard let next = page["next"].int else { return all }
            after = next
        }
    }
}
