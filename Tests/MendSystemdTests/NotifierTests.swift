import Glibc
import Testing

@testable import MendSystemd

/// Each in a process of its own, since the environment of this one belongs to all tests.
@Suite("What the service manager is told")
struct NotifierTests {
    @Test("ready, status, reloading and stopping arrive as sd_notify(3) spells them")
    func states() async {
        await #expect(processExitsWith: .success) {
            let manager = try Manager()
            let notifier = Notifier()
            #expect(notifier.ready())
            #expect(manager.receive() == "READY=1")
            #expect(notifier.ready(status: "4 connections"))
            #expect(manager.receive() == "READY=1\nSTATUS=4 connections")
            #expect(notifier.status("idle"))
            #expect(manager.receive() == "STATUS=idle")
            #expect(notifier.reloading())
            #expect(manager.receive() == "RELOADING=1")
            #expect(notifier.stopping(status: "answering 3 requests"))
            #expect(manager.receive() == "STOPPING=1\nSTATUS=answering 3 requests")
            #expect(manager.receive() == nil)
        }
    }

    @Test("the watchdog and a longer timeout arrive as sd_notify(3) spells them")
    func times() async {
        await #expect(processExitsWith: .success) {
            let manager = try Manager()
            #expect(Notifier().watchdog())
            #expect(manager.receive() == "WATCHDOG=1")
            #expect(Notifier().extendTimeout(microseconds: 30_000_000))
            #expect(manager.receive() == "EXTEND_TIMEOUT_USEC=30000000")
        }
    }

    @Test("a status cannot smuggle in another line, or end the message")
    func injection() async {
        await #expect(processExitsWith: .success) {
            let manager = try Manager()
            Notifier().status("one\nSTOPPING=1\r\n\0two\u{7f}")
            #expect(manager.receive() == "STATUS=one STOPPING=1   two ")
        }
    }

    @Test("a long status is cut between two characters, and the state still arrives")
    func longStatus() async {
        await #expect(processExitsWith: .success) {
            let manager = try Manager()
            // "é" takes two bytes, and the odd byte before them makes the limit fall into one of them.
            Notifier().ready(status: "x" + String(repeating: "é", count: 4_000))
            let cut = "x" + String(repeating: "é", count: (Notifier.maximumStatusBytes - 1) / 2)
            #expect(manager.receive() == "READY=1\nSTATUS=" + cut)
        }
    }

    @Test("without a service manager nothing happens")
    func withoutManager() async {
        await #expect(processExitsWith: .success) {
            unsetenv("NOTIFY_SOCKET")
            #expect(!Notifier().ready(status: "up"))
            #expect(!Notifier().watchdog())
        }
    }

    @Test("a manager that is gone is no reason to fail")
    func managerGone() async {
        await #expect(processExitsWith: .success) {
            let manager = try Manager()
            manager.socket.close()
            #expect(!Notifier().ready())
        }
    }

    @Test("the watchdog interval is the manager's, where it is meant for this process")
    func watchdogInterval() async {
        await #expect(processExitsWith: .success) {
            setenv("WATCHDOG_USEC", "30000000", 1)
            unsetenv("WATCHDOG_PID")
            #expect(Notifier().watchdogInterval == .seconds(30))
            setenv("WATCHDOG_PID", String(getpid()), 1)
            #expect(Notifier().watchdogInterval == .seconds(30))
            setenv("WATCHDOG_PID", "1", 1)
            #expect(Notifier().watchdogInterval == nil)
            unsetenv("WATCHDOG_PID")
            setenv("WATCHDOG_USEC", "soon", 1)
            #expect(Notifier().watchdogInterval == nil)
            unsetenv("WATCHDOG_USEC")
            #expect(Notifier().watchdogInterval == nil)
        }
    }
}

/// Stands in for the service manager: the datagram socket that `NOTIFY_SOCKET` leads to.
private struct Manager {
    let socket: TestSocket

    init() throws {
        socket = try TestSocket.bound(type: SOCK_DGRAM)
        setenv("NOTIFY_SOCKET", try socket.abstractName(), 1)
    }

    /// The next message that has arrived, or nil when none has. A datagram is there as soon as it was sent.
    func receive() -> String? {
        var buffer = [UInt8](repeating: 0, count: 8_192)
        let count = recv(socket.descriptor, &buffer, buffer.count, Int32(MSG_DONTWAIT))
        return count < 0 ? nil : String(validating: buffer[..<count], as: UTF8.self)
    }
}
