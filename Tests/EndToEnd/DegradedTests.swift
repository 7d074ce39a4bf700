import Foundation
import Testing

@Suite("A state or configuration that cannot be used")
struct DegradedTests {
    enum Problem: CaseIterable, CustomTestStringConvertible {
        case corrupt, foreign, newer, unknownKey, unreadableConfiguration, brokenRule

        var testDescription: String { "\(self)" }

        /// Makes it so. Gives what repairs it.
        func make(in place: TemporaryDirectory) throws -> () throws -> Void {
            let database = place.file("state/mend.db")
            switch self {
            case .corrupt:
                let repair = try Self.setAside(database)
                try Data(repeating: 0x2A, count: 8192).write(to: URL(fileURLWithPath: database))
                return repair
            case .foreign:
                let repair = try Self.setAside(database)
                try SQLite.execute("CREATE TABLE songs (title TEXT)", on: database)
                return repair
            case .newer:
                try SQLite.execute("INSERT INTO grdb_migrations VALUES ('999-what-is-to-come')", on: database)
                return {
                    try SQLite.execute(
                        "DELETE FROM grdb_migrations WHERE identifier = '999-what-is-to-come'", on: database)
                }
            case .unknownKey:
                try place.write("queue: {max_sise: 10}", to: "mend.yaml")
                return { try place.write("queue: {max_size: 10}", to: "mend.yaml") }
            case .unreadableConfiguration:
                try place.write("queue: [", to: "mend.yaml")
                return { try place.write("", to: "mend.yaml") }
            case .brokenRule:
                try FileManager.default.createDirectory(
                    atPath: place.file("rules.d"), withIntermediateDirectories: true)
                try place.write("rules: [{nam: a}]", to: "rules.d/10-own.yaml")
                return { try place.write("rules: []", to: "rules.d/10-own.yaml") }
            }
        }

        /// Moves a database with its log away, so that another file can take its place. Gives what puts it back.
        private static func setAside(_ database: String) throws -> () throws -> Void {
            // Nothing is left in the log, and there is no log left.
            try SQLite.execute("PRAGMA wal_checkpoint(TRUNCATE)", on: database)
            let whole = database + ".whole"
            try FileManager.default.moveItem(atPath: database, toPath: whole)
            return {
                for suffix in ["", "-wal", "-shm"] { unlink(database + suffix) }
                try FileManager.default.moveItem(atPath: whole, toPath: database)
            }
        }

        /// What the message must speak of.
        var word: String {
            switch self {
            case .corrupt: "damaged"
            case .foreign: "not a database of mendd"
            case .newer: "newer version"
            case .unknownKey: "did you mean queue.max_size?"
            case .unreadableConfiguration: "mend.yaml:2"
            case .brokenRule: "rules.d/10-own.yaml:1:10: unknown key “nam”"
            }
        }
    }

    /// A state with one operation in it, that nobody uses.
    private func placeWithState() throws -> TemporaryDirectory {
        let daemon = try Daemon()
        _ = try daemon.connect().result("queue.enqueue", #"{"queue":"q","payload":1}"#)
        try daemon.stop()
        return daemon.place
    }

    /// The files of the state. A reader of a database leaves an index of its log, and a log without anything in it.
    private func state(_ place: TemporaryDirectory) throws -> [String: Data] {
        try place.contents(of: "state").filter { name, content in
            !name.hasSuffix("-shm") && !(name.hasSuffix("-wal") && content.isEmpty)
        }
    }

    @Test("started by hand it says so in one line, ends with 78, and has touched nothing", arguments: Problem.allCases)
    func byHand(problem: Problem) throws {
        let place = try placeWithState()
        _ = try problem.make(in: place)
        let before = try state(place)
        let child = try Child(Daemon.arguments(place))
        let end = try child.waitForEnd()
        #expect(end == .exited(78))
        let lines = child.errorText.split(separator: "\n").filter { !$0.contains(" warning ") }
        #expect(lines.count == 1)
        #expect(lines.first?.contains(problem.word) == true, "\(child.errorText)")
        #expect(try state(place) == before)
        #expect(!FileManager.default.fileExists(atPath: place.file("mend.sock")))
    }

    @Test(
        "activated by systemd it stays up, says why, and serves again after a repair and a reload",
        .enabled(if: Tool.isInstalled("systemd-socket-activate"), "needs systemd-socket-activate"),
        arguments: Problem.allCases)
    func activated(problem: Problem) throws {
        let place = try placeWithState()
        let repair = try problem.make(in: place)
        let before = try state(place)
        let activated = try Activated(in: place)
        let client = try activated.connect()
        let health = try client.result("system.health")
        #expect(health["status"] == "degraded")
        #expect(health["problems"][0]["message"].text?.contains(problem.word) == true, "\(health)")
        #expect(health["problems"][0]["hint"].text?.isEmpty == false)
        let ready = try activated.notify.wait(for: "READY=1")
        #expect(ready.contains { $0.hasPrefix("STATUS=degraded: ") && $0.contains(problem.word) })
        for (method, params) in [
            ("queue.enqueue", #"{"queue":"q","payload":1}"#), ("queue.list", "{}"),
            ("breaker.acquire", #"{"breaker":"b"}"#), ("system.status", "{}"),
        ] {
            let answer = try client.call(method, params)
            #expect(answer.reason == "unavailable")
            #expect(answer["error"]["data"]["hint"].text?.isEmpty == false)
        }
        #expect(try client.result("system.hello")["instance"] == "")
        #expect(try client.result("system.ping")["now_at"] != nil)

        // A reload before the repair changes nothing.
        activated.child.signal(SIGHUP)
        try activated.notify.wait(for: "RELOADING=1")
        try activated.notify.wait(for: "READY=1")
        #expect(try client.result("system.health")["status"] == "degraded")
        #expect(try state(place) == before)

        try repair()
        activated.child.signal(SIGHUP)
        try activated.notify.wait(for: "RELOADING=1")
        let repaired = try activated.notify.wait(for: "READY=1")
        #expect(repaired.contains { $0.hasPrefix("STATUS=serving") })
        #expect(try client.result("system.health")["status"] == "ok")
        #expect(try client.result("queue.stats")["queues"][0]["counts"]["ready"] == 1)
        let end = try activated.stop()
        #expect(end == .exited(0))
    }

    @Test("an unknown environment variable is as bad as an unknown key")
    func unknownVariable() throws {
        let place = try TemporaryDirectory()
        try place.write("", to: "mend.yaml")
        let child = try Child(Daemon.arguments(place), environment: ["MEND_QUEUE_MAX_SISE": "10"])
        let end = try child.waitForEnd()
        #expect(end == .exited(78))
        #expect(child.errorText.contains("MEND_QUEUE_MAX_SISE"))
    }

    @Test("a configuration that is named and not there is refused")
    func noConfiguration() throws {
        let place = try TemporaryDirectory()
        let child = try Child(Daemon.arguments(place))
        let end = try child.waitForEnd()
        #expect(end == .exited(78))
        #expect(child.errorText.contains("mend.yaml"))
        #expect(child.errorText.split(separator: "\n").count == 1)
    }

    @Test("a second daemon on the same state is refused, and the first goes on")
    func secondDaemon() throws {
        let first = try Daemon()
        var arguments = Daemon.arguments(first.place)
        arguments[2] = first.place.file("other.sock")
        let second = try Child(arguments)
        let end = try second.waitForEnd()
        #expect(end == .exited(78))
        #expect(second.errorText.contains("another mendd uses \(first.statePath)"))
        #expect(!FileManager.default.fileExists(atPath: first.place.file("other.sock")))
        _ = try first.connect().result("queue.enqueue", #"{"queue":"q","payload":1}"#)
    }

    @Test("a second daemon on the same socket is refused, and the first keeps it")
    func sameSocket() throws {
        let first = try Daemon()
        var arguments = Daemon.arguments(first.place)
        arguments[4] = first.place.file("other-state")
        let second = try Child(arguments)
        let end = try second.waitForEnd()
        #expect(end == .exited(78))
        #expect(second.errorText.contains("another daemon answers there"))
        _ = try first.connect().result("system.ping")
    }
}
