import Glibc
import Testing

@testable import MendSystemd

@Suite("Listening sockets from the activator")
struct ListenSocketsTests {
    @Test("a listening Unix stream socket is taken, with its name, and kept from children")
    func takes() throws {
        let socket = try TestSocket.listening()
        defer { socket.close() }
        let taken = try inherit(from: socket.descriptor, names: "mend.socket")
        #expect(taken == [ListenSocket(descriptor: socket.descriptor, name: "mend.socket")])
        #expect(fcntl(socket.descriptor, F_GETFD) & FD_CLOEXEC != 0)
    }

    @Test("several sockets keep their order and their names, and an empty name is none")
    func several() throws {
        let sockets = try TestSocket.adjacent([.listening(), .listening(), .listening()])
        defer { for socket in sockets { socket.close() } }
        let taken = try inherit(from: sockets[0].descriptor, count: "3", names: "mend.socket::mend-guest.socket")
        #expect(taken.map(\.descriptor) == sockets.map(\.descriptor))
        #expect(taken.map(\.name) == ["mend.socket", nil, "mend-guest.socket"])
    }

    @Test("an activator that gives no names is understood")
    func unnamed() throws {
        let socket = try TestSocket.listening()
        defer { socket.close() }
        #expect(try inherit(from: socket.descriptor) == [ListenSocket(descriptor: socket.descriptor, name: nil)])
    }

    @Test("what is announced to another process, or to none, is not taken", arguments: ["4243", "", "no", nil])
    func otherProcess(processID: String?) throws {
        var environment = ["LISTEN_FDS": "1"]
        environment["LISTEN_PID"] = processID
        #expect(try ListenSockets.inherited(environment: environment, processID: 4_242).isEmpty)
    }

    @Test("a process that was not activated has no sockets")
    func notActivated() throws {
        #expect(try ListenSockets.inherited(environment: [:], processID: 4_242).isEmpty)
    }

    @Test(
        "a number of sockets that is none, or too high, is refused",
        arguments: ["0", "-1", "65", "2147483647", "99999999999999999999", "", "1 ", "one"])
    func count(text: String) {
        #expect(throws: ListenSocketError.invalidCount(text)) { try inherit(from: 3, count: text) }
    }

    @Test("names for another number of sockets are refused")
    func names() {
        #expect(throws: ListenSocketError.namesDoNotMatch(count: 1, names: 2)) { try inherit(from: 3, names: "a:b") }
    }

    @Test("a descriptor that is not open is refused, and named")
    func closed() {
        // The highest number there is: no process has it open.
        let descriptor = Int32.max - 1
        let error = #expect(throws: ListenSocketError.self) { try inherit(from: descriptor, names: "mend.socket") }
        #expect(error == .unusable(descriptor: descriptor, name: "mend.socket", errno: EBADF))
        #expect(
            error?.description
                == "inherited file descriptor 2147483646 (\"mend.socket\") cannot be used: Bad file descriptor")
    }

    @Test("a descriptor that is something else than a listening Unix stream socket is refused, and named")
    func wrongKind() throws {
        let kinds = [
            try TestSocket.bound(type: SOCK_STREAM), try TestSocket.bound(type: SOCK_DGRAM),
            try TestSocket.internet(), try TestSocket.file(),
        ]
        defer { for kind in kinds { kind.close() } }
        for kind in kinds {
            let error = #expect(throws: ListenSocketError.self) { try inherit(from: kind.descriptor) }
            #expect(error == .notListeningUnixStream(descriptor: kind.descriptor, name: nil))
            #expect(error?.description.contains("file descriptor \(kind.descriptor) is not a listening") == true)
        }
    }

    @Test("one bad socket among good ones is named")
    func oneBad() throws {
        let sockets = try TestSocket.adjacent([.listening(), .bound(type: SOCK_DGRAM)])
        defer { for socket in sockets { socket.close() } }
        let bad = sockets[1].descriptor
        #expect(throws: ListenSocketError.notListeningUnixStream(descriptor: bad, name: "b")) {
            try inherit(from: sockets[0].descriptor, count: "2", names: "a:b")
        }
    }

    @Test("the variables are gone afterwards, also when the sockets are for somebody else")
    func unsets() async {
        await #expect(processExitsWith: .success) {
            setenv("LISTEN_FDS", "1", 1)
            setenv("LISTEN_PID", "1", 1)
            setenv("LISTEN_FDNAMES", "mend.socket", 1)
            let sockets = try ListenSockets.inherited()
            #expect(sockets.isEmpty)
            for name in ["LISTEN_FDS", "LISTEN_PID", "LISTEN_FDNAMES"] {
                #expect(getenv(name) == nil)
            }
        }
    }

    @Test("the variables are gone afterwards, also when they are refused")
    func unsetsRefused() async {
        await #expect(processExitsWith: .success) {
            setenv("LISTEN_FDS", "many", 1)
            setenv("LISTEN_PID", String(getpid()), 1)
            #expect(throws: ListenSocketError.invalidCount("many")) { try ListenSockets.inherited() }
            #expect(getenv("LISTEN_FDS") == nil)
            #expect(getenv("LISTEN_PID") == nil)
        }
    }

    @discardableResult
    private func inherit(
        from descriptor: Int32, count: String = "1", names: String? = nil
    ) throws(ListenSocketError) -> [ListenSocket] {
        var environment = ["LISTEN_FDS": count, "LISTEN_PID": "4242"]
        environment["LISTEN_FDNAMES"] = names
        return try ListenSockets.inherited(
            environment: environment, processID: 4_242, firstDescriptor: descriptor)
    }
}
