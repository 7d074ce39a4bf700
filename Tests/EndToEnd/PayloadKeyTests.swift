import Foundation
import Testing

@Suite("Payloads at rest")
struct PayloadKeyTests {
    private let key = "1 " + Data(repeating: 7, count: 32).base64EncodedString()

    private func write(_ key: String, in place: TemporaryDirectory) throws {
        try place.write(key, to: "payload-keys")
        try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: place.file("payload-keys"))
    }

    private func expectRefusal(in place: TemporaryDirectory) throws {
        let child = try Child(Daemon.arguments(place), environment: ["CREDENTIALS_DIRECTORY": place.path])
        #expect(try child.waitForEnd() == .exited(78))
        #expect(child.errorText.contains("key 1"))
    }

    @Test("with a key from a credential nothing of a payload is on disk, and without it the daemon does not start")
    func credential() throws {
        let place = try TemporaryDirectory()
        try write(key, in: place)
        let daemon = try Daemon(
            Daemon.Start(environment: ["CREDENTIALS_DIRECTORY": place.path]), in: place)
        let client = try daemon.connect()
        let answer = try client.call("queue.enqueue", #"{"queue":"q","payload":"swordfish"}"#)
        #expect(answer["result"]["operation"] == .integer(1))
        for file in ["state/mend.db", "state/mend.db-wal"] {
            let bytes = try Data(contentsOf: URL(fileURLWithPath: place.file(file)))
            #expect(bytes.range(of: Data("swordfish".utf8)) == nil, "\(file)")
        }
        daemon.kill()
        try FileManager.default.removeItem(atPath: place.file("payload-keys"))
        try expectRefusal(in: place)
        try write("1 " + Data(repeating: 8, count: 32).base64EncodedString(), in: place)
        try expectRefusal(in: place)
        try write(key, in: place)
        try daemon.restart()
        let leased = try daemon.connect().call("queue.lease", #"{"queues":["q"]}"#)
        #expect(leased["result"]["operations"][0]["payload"] == .string("swordfish"))
    }

    @Test(
        "activated by systemd it stays up without the key, and says that it takes a restart to give it one",
        .enabled(if: Tool.isInstalled("systemd-socket-activate"), "needs systemd-socket-activate"))
    func activated() throws {
        let place = try TemporaryDirectory()
        try write(key, in: place)
        let daemon = try Daemon(Daemon.Start(environment: ["CREDENTIALS_DIRECTORY": place.path]), in: place)
        _ = try daemon.connect().result("queue.enqueue", #"{"queue":"q","payload":1}"#)
        try daemon.stop()
        let activated = try Activated(in: place)
        let problem = try activated.connect().result("system.health")["problems"][0]
        #expect(problem["message"].text?.contains("sealed with key 1") == true)
        #expect(problem["hint"].text?.contains("systemctl restart mend") == true)
        try activated.stop()
    }
}
