import Foundation
import Testing

@Suite(
    "Socket activation",
    .enabled(if: Tool.isInstalled("systemd-socket-activate"), "needs systemd-socket-activate"))
struct ActivationTests {
    @Test("the first connection starts the daemon, and is served by it")
    func firstConnection() throws {
        let activated = try Activated()
        let client = try activated.connect()
        _ = try client.result("queue.enqueue", #"{"queue":"q","payload":1}"#)
        #expect(try activated.notify.wait(for: "READY=1").contains { $0.hasPrefix("STATUS=") })
        let end = try activated.stop()
        #expect(end == .exited(0))
        // The socket is systemd's, so it stays.
        #expect(FileManager.default.fileExists(atPath: activated.socket))
    }

    @Test("several sockets are all served, whatever they are called")
    func severalSockets() throws {
        let activated = try Activated(sockets: ["a.sock", "b.sock"], names: "mend.socket:mend-guest.socket")
        let first = try activated.connect()
        _ = try first.result("queue.enqueue", #"{"queue":"q","payload":"by a"}"#)
        let second = try activated.connect("b.sock")
        let leased = try second.result("queue.lease", #"{"queues":["q"]}"#)
        #expect(leased["operations"][0]["payload"] == "by a")
    }

    @Test("the socket for guests gives at most the role of a client, and its root is not the host's")
    func guests() throws {
        let activated = try Activated(sockets: ["a.sock", "guest.sock"], names: "mend.socket:mend-guest.socket")
        let host = try activated.connect()
        #expect(try host.result("system.hello")["role"] == "operator")
        _ = try host.result("queue.enqueue", #"{"queue":"undo.0","payload":1}"#)
        let guest = try activated.connect("guest.sock")
        let hello = try guest.result("system.hello")
        #expect(hello["role"] == "client")
        #expect(hello["uid"] == 65534)
        for (method, params) in [
            ("queue.pause", #"{"queue":"q"}"#), ("queue.enqueue", #"{"queue":"undo.0","payload":1}"#),
            ("queue.lease", #"{"queues":["undo.0"]}"#), ("queue.cancel", #"{"operation":1}"#),
        ] {
            #expect(try guest.call(method, params).reason == "permission_denied", "\(method)")
        }
        _ = try guest.result("queue.enqueue", #"{"queue":"q","payload":1}"#)
    }

    @Test("the role of a socket is configured by its name")
    func socketRoles() throws {
        let place = try TemporaryDirectory()
        try place.write("roles: {sockets: {window: observer, nowhere: client}}", to: "mend.yaml")
        let activated = try Activated(sockets: ["a.sock", "b.sock"], names: "mend.socket:window", in: place)
        #expect(try activated.connect().result("system.hello")["role"] == "operator")
        #expect(try activated.connect("b.sock").result("system.hello")["role"] == "observer")
        try activated.child.waitForErrors(containing: "roles.sockets names nowhere")
    }

    @Test("sockets that do not fit their names are refused with a line and status 78")
    func namesDoNotFit() throws {
        let activated = try Activated(names: "one:two")
        let client = try activated.connect()
        defer { client.close() }
        let end = try activated.child.waitForEnd()
        #expect(end == .exited(78))
        #expect(activated.child.errorText.contains("LISTEN_FDNAMES has 2 names"))
    }

    @Test("the same state goes on from one activation to the next")
    func stateStays() throws {
        let first = try Activated()
        _ = try first.connect().result("queue.enqueue", #"{"queue":"q","payload":1}"#)
        try first.stop()
        let second = try Activated(in: first.place)
        #expect(try second.connect().result("queue.stats")["queues"][0]["counts"]["ready"] == 1)
    }
}

/// The daemon as systemd starts it: not before somebody connects.
final class Activated {
    let place: TemporaryDirectory
    let child: Child
    let notify: NotifySocket
    private let sockets: [String]

    var socket: String { place.file(sockets[0]) }

    init(sockets: [String] = ["mend.sock"], names: String? = nil, in place: TemporaryDirectory? = nil) throws {
        let place = try place ?? TemporaryDirectory()
        self.place = place
        self.sockets = sockets
        if !FileManager.default.fileExists(atPath: place.file("mend.yaml")) { try place.write("", to: "mend.yaml") }
        for socket in sockets { unlink(place.file(socket)) }
        notify = try NotifySocket(path: place.file("notify"))
        guard let tool = Tool.path("systemd-socket-activate") else { throw Failure("no systemd-socket-activate") }
        var arguments = [tool, "-E", "NOTIFY_SOCKET=\(notify.path)"]
        for socket in sockets { arguments += ["-l", place.file(socket)] }
        if let names { arguments.append("--fdname=\(names)") }
        arguments += [
            Package.program("mendd"), "--state", place.file("state"), "--config", place.file("mend.yaml"),
        ]
        child = try Child(arguments)
        for socket in sockets { try child.waitForErrors(containing: "Listening on \(place.file(socket))") }
    }

    func connect(_ socket: String? = nil) throws -> LineClient {
        try LineClient(path: place.file(socket ?? sockets[0]))
    }

    @discardableResult
    func stop() throws -> Child.End {
        child.signal(SIGTERM)
        return try child.waitForEnd()
    }
}
