import Glibc
import Testing

@Suite("What the service manager is told")
struct NotifyTests {
    @Test("ready, alive, and stopping, each with a line for people")
    func life() throws {
        let place = try TemporaryDirectory()
        try place.write("", to: "mend.yaml")
        let notify = try NotifySocket(path: place.file("notify"))
        let child = try Child(
            Daemon.arguments(place), environment: ["NOTIFY_SOCKET": notify.path, "WATCHDOG_USEC": "600000"])
        let ready = try notify.wait(for: "READY=1")
        #expect(ready.contains { $0.hasPrefix("STATUS=serving") })
        _ = try LineClient(path: place.file("mend.sock")).result("system.ping")
        for _ in 0..<3 { try notify.wait(for: "WATCHDOG=1") }
        child.signal(SIGTERM)
        let stopping = try notify.wait(for: "STOPPING=1")
        #expect(stopping.contains { $0.hasPrefix("STATUS=") })
        // What systemctl status shows from then on.
        try notify.wait(for: "STATUS=stopped: all that was read is answered")
        let end = try child.waitForEnd()
        #expect(end == .exited(0))
    }
}
