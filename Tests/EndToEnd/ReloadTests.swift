import Glibc
import Testing

@Suite("A reload of the configuration")
struct ReloadTests {
    /// Writes the configuration, has it reloaded, and gives the status for people.
    private func reload(_ text: String, _ place: TemporaryDirectory, _ child: Child, _ notify: NotifySocket) throws
        -> String
    {
        try place.write(text, to: "mend.yaml")
        child.signal(SIGHUP)
        try notify.wait(for: "RELOADING=1")
        return try notify.wait(for: "READY=1").first { $0.hasPrefix("STATUS=") } ?? ""
    }

    @Test("takes what can be taken, names what needs a restart, and keeps all where anything is wrong")
    func settings() throws {
        let place = try TemporaryDirectory()
        try place.write("", to: "mend.yaml")
        let notify = try NotifySocket(path: place.file("notify"))
        let child = try Child(Daemon.arguments(place), environment: ["NOTIFY_SOCKET": notify.path])
        try notify.wait(for: "READY=1")
        let client = try LineClient(path: place.file("mend.sock"))
        func put() throws -> JSON { try client.call("queue.enqueue", #"{"queue":"q","payload":1}"#).reason }
        func masked() throws -> JSON { try client.result("error.mask", #"{"text":"order ORD-12345678"}"#)["text"] }
        #expect(try put() == nil)

        let taken = "queue: {max_size: 2}\nerrors: {mask: {order: 'ORD-[0-9]{8}'}}\nlimits: {batch: 7}\n"
        #expect(try reload(taken, place, child, notify).hasPrefix("STATUS=serving"))
        try child.waitForErrors(
            containing: "now in force: queue.max_size, errors.mask; needing a restart: limits.batch")
        // The connection lives on, and so does what is in the queue.
        #expect(try put() == nil)
        #expect(try put() == "queue_full")
        #expect(try masked().text?.contains("12345678") == false)
        #expect(try client.result("system.hello")["limits"]["batch"] == 1000)

        let broken = try reload("queue: {max_size: 1}\nnonsense: 1\n", place, child, notify)
        #expect(broken.contains("the reload failed, and all stays as it was") && broken.contains("nonsense"))
        #expect(broken.hasSuffix("needing a restart: limits.batch"))
        _ = try client.result("queue.lease", #"{"queues":["q"]}"#)
        #expect(try client.result("queue.stats")["queues"][0]["settings"]["max_size"] == 2)

        #expect(try reload("", place, child, notify).hasPrefix("STATUS=serving"))
        #expect(try put() == nil)
        child.signal(SIGTERM)
        #expect(try child.waitForEnd() == .exited(0))
    }

    @Test(
        "gives roles to those who connect from then on",
        .enabled(if: Daemon.canSpeakAsOthers, "needs root, setpriv and socat"))
    func roles() throws {
        let daemon = try Daemon()
        #expect(try daemon.connect(as: 4711).answer().reason == "permission_denied")
        try daemon.place.write("roles: {client: {users: [4711]}}", to: "mend.yaml")
        daemon.signal(SIGHUP)
        try daemon.child.waitForErrors(containing: "now in force: roles.client.users")
        #expect(try daemon.connect(as: 4711).result("system.hello")["role"] == "client")
    }
}
