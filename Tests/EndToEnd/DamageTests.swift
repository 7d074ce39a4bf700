import Foundation
import Glibc
import Testing

@Suite("Damage in the middle of the state, which the start does not meet")
struct DamageTests {
    enum Met: CaseIterable {
        case byTheWriter, byAReader

        var call: (method: String, params: String) {
            switch self {
            case .byTheWriter: ("queue.cancel", #"{"operation":100}"#)
            case .byAReader: ("queue.get", #"{"operation":100}"#)
            }
        }
    }

    /// A state in which one page of operations is damaged, and a backup of it from before.
    private func placeWithDamage() throws -> (place: TemporaryDirectory, backup: String) {
        let daemon = try Daemon()
        let client = try daemon.connect()
        let filling = String(repeating: "x", count: 500)
        for number in 1...200 {
            _ = try client.result("queue.enqueue", #"{"queue":"q","payload":"the \#(number)th \#(filling)"}"#)
        }
        let backup = daemon.place.file("backup.db")
        #expect(try mendd("backup", backup, "--state", daemon.statePath) == .exited(0))
        try daemon.stop()
        let whole = try Data(contentsOf: URL(fileURLWithPath: daemon.databasePath))
        let row = try #require(whole.range(of: Data("the 100th ".utf8)))
        let file = try FileHandle(forUpdating: URL(fileURLWithPath: daemon.databasePath))
        try file.seek(toOffset: UInt64(row.lowerBound / 4096 * 4096))
        try file.write(contentsOf: Data(repeating: 0x2A, count: 4096))
        try file.close()
        return (daemon.place, backup)
    }

    private func mendd(_ arguments: String...) throws -> Child.End {
        try Child([Package.program("mendd")] + arguments).waitForEnd()
    }

    private func database(_ place: TemporaryDirectory) throws -> Data? {
        try place.contents(of: "state").first { $0.key.hasSuffix("mend.db") }?.value
    }

    private func waitForStatus(_ beginning: String, _ notify: NotifySocket) throws -> String {
        while true {
            if let status = try notify.next().first(where: { $0.hasPrefix("STATUS=" + beginning) }) { return status }
        }
    }

    @Test(
        "activated by systemd it stays up, answers what waits, leaves the file as it is, and serves again after a restore",
        .enabled(if: Tool.isInstalled("systemd-socket-activate"), "needs systemd-socket-activate"),
        arguments: Met.allCases)
    func activated(met: Met) throws {
        let (place, backup) = try placeWithDamage()
        let before = try database(place)
        let activated = try Activated(in: place)
        let client = try activated.connect()
        #expect(try client.result("system.health")["status"] == "ok")
        let waiting = try activated.connect()
        try waiting.send(request("queue.lease", #"{"queues":["empty"],"wait_ms":600000}"#, id: "1"))
        _ = try waiting.result("queue.enqueue", #"{"queue":"other","payload":1}"#)

        for round in 1...2 {
            let answer = try client.call(met.call.method, met.call.params)
            #expect(answer.reason == "unavailable", "\(answer)")
            #expect(answer["error"]["message"].text?.contains("damaged") == true)
            let status = try waitForStatus("degraded", activated.notify)
            #expect(status.contains("mendd verify") && status.contains("mendd restore"), "\(status)")
            if round == 1 {
                let ended = try waiting.answer()
                #expect(ended["id"] == 1 && ended.reason == "unavailable", "\(ended)")
            }
            let health = try client.result("system.health")
            #expect(health["status"] == "degraded")
            #expect(health["problems"][0]["message"].text?.contains("damaged") == true, "\(health)")
            for (method, params) in [("queue.enqueue", #"{"queue":"q","payload":1}"#), ("queue.list", "{}")] {
                #expect(try client.call(method, params).reason == "unavailable")
            }
            #expect(try database(place) == before)
            if round == 2 { break }
            // A reload tries again. Where nobody meets the damage, all is served.
            activated.child.signal(SIGHUP)
            _ = try waitForStatus("serving", activated.notify)
            #expect(try client.result("queue.get", #"{"operation":1}"#)["state"] == "ready")
            #expect(try client.result("queue.get", #"{"operation":201}"#)["state"] == "ready", "it was in the log")
        }

        #expect(try mendd("verify", "--state", place.file("state")) == .exited(1))
        #expect(try mendd("restore", backup, "--state", place.file("state")) == .exited(0))
        activated.child.signal(SIGHUP)
        _ = try waitForStatus("serving", activated.notify)
        #expect(try client.result("queue.get", #"{"operation":100}"#)["state"] == "ready")
        _ = try client.result(met.call.method, met.call.params)
        let end = try activated.stop()
        #expect(end == .exited(0))
        #expect(!FileManager.default.fileExists(atPath: place.file("state/mend.db-wal")), "it was closed in order")
    }

    @Test(
        "where the state is moved away nothing more is answered as done, and all is there when it is put back",
        .enabled(if: Tool.isInstalled("systemd-socket-activate"), "needs systemd-socket-activate"))
    func moved() throws {
        let place = try TemporaryDirectory()
        let activated = try Activated(in: place)
        let client = try activated.connect()
        _ = try client.result("queue.enqueue", #"{"queue":"q","payload":1}"#)
        let (database, elsewhere) = (place.file("state/mend.db"), place.file("elsewhere.db"))
        #expect(rename(database, elsewhere) == 0)
        let answer = try client.call("queue.enqueue", #"{"queue":"q","payload":2}"#)
        #expect(answer.reason == "unavailable", "\(answer)")
        let status = try waitForStatus("degraded", activated.notify)
        #expect(status.contains("is not the file any more that mendd has open"), "\(status)")
        #expect(try client.result("system.health")["status"] == "degraded")
        // Its log went with it.
        #expect(try mendd("verify", elsewhere) == .exited(0))
        #expect(rename(elsewhere, database) == 0)
        activated.child.signal(SIGHUP)
        _ = try waitForStatus("serving", activated.notify)
        #expect(try client.result("queue.list")["operations"].elements.map { $0["operation"] } == [1])

        // What is put in its place is served, if that is what is meant.
        #expect(rename(database, elsewhere) == 0)
        #expect(try client.call("queue.enqueue", #"{"queue":"q","payload":3}"#).reason == "unavailable")
        _ = try waitForStatus("degraded", activated.notify)
        activated.child.signal(SIGHUP)
        _ = try waitForStatus("serving", activated.notify)
        #expect(try client.result("queue.list")["operations"].elements.isEmpty)
        #expect(try activated.stop() == .exited(0))
    }

    @Test(
        "a log that belongs to a state which was moved to another disk is there when it comes back",
        .enabled(if: Tool.isInstalled("systemd-socket-activate"), "needs systemd-socket-activate"))
    func movedToAnotherDisk() throws {
        let place = try TemporaryDirectory()
        let activated = try Activated(in: place)
        let client = try activated.connect()
        let (database, elsewhere) = (place.file("state/mend.db"), place.file("elsewhere.db"))
        for number in 1...3 { _ = try client.result("queue.enqueue", #"{"queue":"q","payload":\#(number)}"#) }
        try FileManager.default.copyItem(atPath: database, toPath: elsewhere)
        #expect(unlink(database) == 0)
        #expect(try client.call("queue.enqueue", #"{"queue":"q","payload":4}"#).reason == "unavailable")
        _ = try waitForStatus("degraded", activated.notify)
        try FileManager.default.copyItem(atPath: elsewhere, toPath: database)
        activated.child.signal(SIGHUP)
        _ = try waitForStatus("serving", activated.notify)
        #expect(try client.result("queue.list")["operations"].elements.count == 3)

        // Where it does not come back, the log is kept for when it does.
        #expect(unlink(database) == 0)
        #expect(try client.call("queue.enqueue", #"{"queue":"q","payload":4}"#).reason == "unavailable")
        _ = try waitForStatus("degraded", activated.notify)
        activated.child.signal(SIGHUP)
        _ = try waitForStatus("serving", activated.notify)
        #expect(try client.result("queue.list")["operations"].elements.isEmpty)
        let kept = try FileManager.default.contentsOfDirectory(atPath: place.file("state"))
        #expect(kept.contains("mend.db.replaced-1-wal"), "\(kept)")
        #expect(try activated.stop() == .exited(0))
    }

    @Test(
        "where the log is removed nothing more is answered as done, and what was answered is there",
        .enabled(if: Tool.isInstalled("systemd-socket-activate"), "needs systemd-socket-activate"))
    func logRemoved() throws {
        let place = try TemporaryDirectory()
        let activated = try Activated(in: place)
        let client = try activated.connect()
        for number in 1...3 { _ = try client.result("queue.enqueue", #"{"queue":"q","payload":\#(number)}"#) }
        #expect(unlink(place.file("state/mend.db-wal")) == 0)
        #expect(try client.call("queue.enqueue", #"{"queue":"q","payload":4}"#).reason == "unavailable")
        #expect(try waitForStatus("degraded", activated.notify).contains("mend.db-wal"))
        activated.child.signal(SIGHUP)
        _ = try waitForStatus("serving", activated.notify)
        #expect(try client.result("queue.list")["operations"].elements.count == 3)
        #expect(try activated.stop() == .exited(0))
    }

    @Test("started by hand it says so in a sentence and ends with 70", arguments: Met.allCases)
    func byHand(met: Met) throws {
        let (place, _) = try placeWithDamage()
        let before = try database(place)
        let daemon = try Daemon(in: place)
        let client = try daemon.connect()
        try client.send(request(met.call.method, met.call.params, id: "1"))
        let end = try daemon.child.waitForEnd()
        #expect(end == .exited(70))
        let said = daemon.child.errorText.split(separator: "\n").filter { $0.contains("damaged") }
        #expect(said.count == 1 && said.first?.contains("mendd restore") == true, "\(daemon.child.errorText)")
        #expect(try database(place) == before)
    }
}
