import Glibc
import Testing

/// A socket that takes connections, as systemd holds it, and nobody behind it.
private final class SilentSocket {
    let place: TemporaryDirectory
    private let descriptor: Int32

    init() throws {
        place = try TemporaryDirectory()
        descriptor = try unixSocket(SOCK_STREAM)
        guard withAddress(place.file("s"), { bind(descriptor, $0, $1) }) == 0, listen(descriptor, 16) == 0 else {
            throw Failure.system("listen")
        }
    }

    deinit { close(descriptor) }

    func mend(_ words: [String], patience: String = "1ms") throws -> Child {
        try Child(
            [Package.program("mend")] + words,
            environment: [
                "MEND_SOCKET": place.file("s"), "MEND_CONNECT_TIMEOUT": patience, "XDG_STATE_HOME": place.path,
            ])
    }
}

@Suite("A daemon that cannot start, and a socket that systemd holds")
struct SilentDaemonTests {
    @Test(
        "no command waits for it without end, and each says that nothing was done",
        arguments: [
            "ping", "status", "error report hello", "error list --all", "error export", "queue put q 1",
            "queue lease q --wait 1h", "queue wait 1 --wait 1h", "txn wait 1 --wait 1h", "queue export q", "watch",
            "call system.ping",
        ])
    func silent(command: String) throws {
        let socket = try SilentSocket()
        let child = try socket.mend(command.split(separator: " ").map(String.init))
        #expect(try child.waitForEnd() == .exited(69), "\(child.errorText)")
        #expect(child.errorText.contains("has not answered for 1 ms: nothing was done"), "\(child.errorText)")
        #expect(child.errorText.contains("journalctl -u mend"))
    }

    @Test("how long it is waited for can be said, and what is no duration is refused")
    func patience() throws {
        let socket = try SilentSocket()
        let child = try socket.mend(["ping"], patience: "2")
        #expect(try child.waitForEnd() == .exited(1))
        #expect(child.errorText.contains("MEND_CONNECT_TIMEOUT is '2': a unit is missing"), "\(child.errorText)")
    }
}
