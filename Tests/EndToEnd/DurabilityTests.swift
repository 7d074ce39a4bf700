import Foundation
import Testing

@Suite("A call is on disk before it is answered", .enabled(if: Tool.isInstalled("strace"), "needs strace"))
struct DurabilityTests {
    /// What the daemon asked of the kernel, one line a call, in the order in which calls ended or were interrupted.
    private struct Trace {
        let lines: [Substring]

        init(_ daemon: Daemon) throws {
            lines = try String(contentsOfFile: daemon.place.file("trace"), encoding: .utf8).split(separator: "\n")
        }

        /// Syncs that ended well, by the places of their begin and their end.
        var syncs: [(begin: Int, end: Int)] {
            var begun: [Substring: Int] = [:]
            var found: [(begin: Int, end: Int)] = []
            for (index, line) in lines.enumerated() where line.contains("sync") {
                let thread = line.prefix { $0.isNumber }
                if line.contains("<unfinished") { begun[thread] = index }
                if line.hasSuffix("= 0") { found.append((begun.removeValue(forKey: thread) ?? index, index)) }
            }
            return found
        }

        func first(_ text: String) -> Int? { lines.firstIndex { $0.contains(text) } }
        func last(_ text: String) -> Int? { lines.lastIndex { $0.contains(text) } }
    }

    private func traced() throws -> Daemon {
        let place = try TemporaryDirectory()
        let strace = try #require(Tool.path("strace"))
        // With -D the daemon is our child, and strace its tracer beside it.
        let launcher = [
            strace, "-D", "-f", "-s", "256", "-o", place.file("trace"), "-e",
            "trace=fdatasync,fsync,read,recvfrom,recvmsg,write,writev,sendto,sendmsg",
        ]
        return try Daemon(Daemon.Start(launcher: launcher), in: place)
    }

    @Test("a sync begins after the request has arrived, and ends before it is answered")
    func syncBetween() throws {
        let daemon = try traced()
        let client = try daemon.connect()
        let writes = [
            ("queue.enqueue", #"{"queue":"q","payload":1}"#), ("queue.lease", #"{"queues":["q"]}"#),
            ("queue.complete", #"{"operation":1,"lease":1}"#), ("error.report", #"{"message":"m"}"#),
            ("transaction.begin", #"{"name":"t"}"#), ("transaction.commit", #"{"transaction":1}"#),
            ("breaker.force", #"{"breaker":"b","state":"disabled"}"#),
        ]
        for (method, params) in writes {
            try client.send(request(method, params, id: "\"mark \(method)\""))
            #expect(try client.answer()["error"] == .null)
        }
        #expect(try daemon.stop() == .exited(0))
        let trace = try Trace(daemon)
        for (method, _) in writes {
            let arrived = try #require(trace.first("mark \(method)"))
            let answered = try #require(trace.last("mark \(method)"))
            #expect(arrived < answered)
            #expect(trace.syncs.contains { $0.begin > arrived && $0.end < answered }, "\(method)")
        }
    }

    @Test("calls that come together share a sync")
    func groupCommit() throws {
        let daemon = try traced()
        let clients = try (0..<50).map { _ in try daemon.connect() }
        for client in clients { _ = try client.result("system.ping") }
        for client in clients {
            try client.send((1...20).map { request("queue.enqueue", #"{"queue":"q","payload":1}"#, id: "\($0)") })
        }
        for client in clients { _ = try client.answers(20) }
        #expect(try daemon.stop() == .exited(0))
        // Those of the start and the stop included.
        #expect(try Trace(daemon).syncs.count < 250, "1,000 calls")
    }

    @Test("one batch is one sync")
    func batch() throws {
        let daemon = try traced()
        let client = try daemon.connect()
        // The start has a commit of its own, which comes before this one.
        _ = try client.result("queue.enqueue", #"{"queue":"q","payload":0}"#)
        let calls = (1...500).map { request("queue.enqueue", #"{"queue":"q","payload":1}"#, id: "\"mark \($0)\"") }
        try client.send("[\(calls.joined(separator: ","))]")
        #expect(try client.answer().elements.count == 500)
        #expect(try daemon.stop() == .exited(0))
        let trace = try Trace(daemon)
        let arrived = try #require(trace.first("mark 1"))
        let answered = try #require(trace.last("mark 1"))
        #expect(trace.syncs.filter { $0.begin > arrived && $0.end < answered }.count == 1)
    }
}
