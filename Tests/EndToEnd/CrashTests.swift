import Foundation
import Synchronization
import Testing

@Suite("What was answered survives a crash")
struct CrashTests {
    /// What clients were told, over all runs of the daemon.
    private struct Told {
        var enqueued: Set<Int64> = []
        var leased: [Int64] = []
        var leases: Set<Int64> = []
        var completed: Set<Int64> = []
        /// Answers until the daemon is killed.
        var answersLeft = 0
    }

    @Test("under the load of several clients, killed at points nobody chose", arguments: [1, 2, 3, 4, 5] as [UInt64])
    func killedUnderLoad(seed: UInt64) throws {
        var random = SeededGenerator(state: seed)
        let daemon = try Daemon()
        let told = Mutex(Told())
        for _ in 0..<3 {
            told.withLock { $0.answersLeft = Int.random(in: 1...400, using: &random) }
            try load(daemon, told: told)
            try daemon.restart()
            try check(daemon.connect(), told: told.withLock { $0 })
        }
    }

    /// Producers and workers go on until the daemon is killed under their hands.
    private func load(_ daemon: Daemon, told: borrowing Mutex<Told>) throws {
        let producers = try (0..<3).map { _ in try daemon.connect() }
        let workers = try (0..<2).map { _ in try daemon.connect() }
        let enqueue = request("queue.enqueue", #"{"queue":"q","payload":{"n":1}}"#, id: "1")
        let lease = request("queue.lease", #"{"queues":["q"],"max":3,"lease_ms":3600000}"#, id: #""lease""#)
        // One thread speaks for all clients, so that a run is as nearly the same each time as the daemon lets it be.
        // Each has several calls on the way, and the daemon is killed in between.
        do {
            for client in producers { try client.send(Array(repeating: enqueue, count: 8)) }
            for client in workers { try client.send(lease) }
            while true {
                for client in producers {
                    let answer = try client.answer()
                    told.withLock { _ = $0.enqueued.insert(answer["result"]["operation"].int ?? -1) }
                    try client.send(enqueue)
                    try countDown(daemon, told)
                }
                for client in workers {
                    let answer = try client.answer()
                    if answer["id"] == "lease" {
                        let operations = answer["result"]["operations"].elements
                        told.withLock { told in
                            told.leased += operations.compactMap { $0["operation"].int }
                            for operation in operations { told.leases.insert(operation["lease"].int ?? -1) }
                        }
                        try client.send(operations.map(Self.complete) + [lease])
                    } else {
                        told.withLock { _ = $0.completed.insert(answer["id"].int ?? -1) }
                    }
                    try countDown(daemon, told)
                }
            }
        } catch is Killed {
            // What had been written before the end still arrives, and was promised, too.
            for client in producers {
                while let line = try? client.lineOrEnd() {
                    let answer = try JSON(line)
                    told.withLock { _ = $0.enqueued.insert(answer["result"]["operation"].int ?? -1) }
                }
            }
        }
    }

    private struct Killed: Error {}

    private func countDown(_ daemon: Daemon, _ told: borrowing Mutex<Told>) throws {
        let isOver = told.withLock { told in
            told.answersLeft -= 1
            return told.answersLeft == 0
        }
        if isOver {
            daemon.kill()
            throw Killed()
        }
    }

    private static func complete(_ operation: JSON) -> String {
        let (id, lease) = (operation["operation"].int ?? -1, operation["lease"].int ?? -1)
        return request("queue.complete", #"{"operation":\#(id),"lease":\#(lease)}"#, id: "\(id)")
    }

    private func check(_ client: LineClient, told: Told) throws {
        let kept = try StopTests.operations(client)
        #expect(told.enqueued.subtracting(kept) == [], "an enqueue that was answered is gone")
        #expect(!told.enqueued.contains(-1))
        let done = try StopTests.operations(client, state: "done")
        #expect(told.completed.subtracting(done) == [], "a completion that was answered is gone")
        // Leases last for longer than the test, so an operation is given out once.
        #expect(Set(told.leased).count == told.leased.count, "an operation was leased twice without an end")
        #expect(told.leases.count == told.leased.count, "a lease was given twice")
    }

    @Test("a rollback that was under way goes on, last step first")
    func rollback() throws {
        let daemon = try Daemon()
        var client = try daemon.connect()
        _ = try client.result("transaction.begin", #"{"name":"deploy"}"#)
        for step in 1...4 {
            let undo = #"{"queue":"undo","payload":"undo \#(step)"}"#
            let params = #"{"transaction":1,"name":"step \#(step)","undo":\#(undo)}"#
            #expect(try client.result("transaction.step", params)["step"] == .integer(Int64(step)))
            if step < 4 {
                _ = try client.result("transaction.confirm", #"{"transaction":1,"step":\#(step)}"#)
            }
        }
        _ = try client.result("transaction.rollback", #"{"transaction":1}"#)
        var undone: [String?] = []
        for step in 1...4 {
            let next = try client.result("queue.lease", #"{"queues":["undo"],"max":10}"#)["operations"]
            #expect(next.elements.count == 1, "an undo waits for the one after it")
            undone.append(next[0]["payload"].text)
            // Once between the lease and its end, once after that.
            if step == 2 {
                daemon.kill()
                try daemon.restart()
                client = try daemon.connect()
            }
            let (id, lease) = (next[0]["operation"].int ?? 0, next[0]["lease"].int ?? 0)
            _ = try client.result("queue.complete", #"{"operation":\#(id),"lease":\#(lease)}"#)
            if step == 3 {
                daemon.kill()
                try daemon.restart()
                client = try daemon.connect()
            }
        }
        #expect(undone == ["undo 4", "undo 3", "undo 2", "undo 1"])
        let transaction = try client.result("transaction.get", #"{"transaction":1}"#)
        #expect(transaction["info"]["state"] == "rolled_back")
        #expect(transaction["steps"].elements.map { $0["uncertain"] } == [false, false, false, true])
    }

    @Test("a breaker that opened is still open, for every process of the host")
    func openBreaker() throws {
        let daemon = try Daemon()
        let client = try daemon.connect()
        _ = try client.result(
            "breaker.configure", #"{"breaker":"db","failure_threshold":2,"recovery_timeout_ms":300000}"#)
        for _ in 0..<2 {
            let permit = try client.result("breaker.acquire", #"{"breaker":"db"}"#)["permit"].int ?? 0
            _ = try client.result("breaker.record", #"{"permit":\#(permit),"outcome":"failure"}"#)
        }
        // Somebody else, on a connection of its own.
        #expect(try daemon.connect().result("breaker.acquire", #"{"breaker":"db"}"#)["granted"] == false)
        // Transitions are written behind the answer; a write that was sent later is behind them.
        _ = try client.result("queue.enqueue", #"{"queue":"q","payload":1}"#)
        daemon.kill()
        try daemon.restart()
        let answer = try daemon.connect().result("breaker.acquire", #"{"breaker":"db"}"#)
        #expect(answer["granted"] == false)
        #expect(answer["state"] == "open")
        #expect(answer["retry_after_ms"].int ?? 0 > 0)
        let info = try daemon.connect().result("breaker.get", #"{"breaker":"db"}"#)
        #expect(info["settings"]["failure_threshold"] == 2)
    }

    @Test("a permit of an earlier run is stale and not counted")
    func earlierPermit() throws {
        let daemon = try Daemon()
        let permit = try daemon.connect().result("breaker.acquire", #"{"breaker":"db"}"#)["permit"].int ?? 0
        daemon.kill()
        try daemon.restart()
        let client = try daemon.connect()
        let answer = try client.result("breaker.record", #"{"permit":\#(permit),"outcome":"failure"}"#)
        #expect(answer["stale"] == true)
        let next = try client.result("breaker.acquire", #"{"breaker":"db"}"#)["permit"].int ?? 0
        #expect(next > permit)
    }

    @Test("ids go on where they were, and the instance stays the same")
    func ids() throws {
        let daemon = try Daemon()
        let before = try daemon.connect().result("system.hello")["instance"]
        for id in 1...3 {
            let client = try daemon.connect()
            let enqueued = try client.result("queue.enqueue", #"{"queue":"q","payload":1}"#)
            #expect(enqueued["operation"] == .integer(Int64(id)))
            let leased = try client.result("queue.lease", #"{"queues":["q"]}"#)["operations"][0]
            #expect(leased["lease"] == .integer(Int64(id)))
            daemon.kill()
            try daemon.restart()
        }
        #expect(try daemon.connect().result("system.hello")["instance"] == before)
    }

    @Test("a socket that a crash left behind is replaced")
    func socketLeft() throws {
        let daemon = try Daemon()
        daemon.kill()
        #expect(FileManager.default.fileExists(atPath: daemon.socket))
        try daemon.restart()
        _ = try daemon.connect().result("system.ping")
    }
}
