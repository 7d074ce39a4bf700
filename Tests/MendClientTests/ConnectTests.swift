import Foundation
import Glibc
import MendProtocol
import Testing

@testable import MendClient

@Suite("Connecting")
struct ConnectTests {
    private func unreachable(_ path: String) throws -> Unreachable {
        let thrown = #expect(throws: ClientError.self) { try BlockingClient(socket: path) }
        guard case .unreachable(let unreachable) = thrown else { throw Peer.Ended() }
        return unreachable
    }

    private func withDirectory(_ body: (String) throws -> Void) throws {
        let path = NSTemporaryDirectory() + "/mend-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: false)
        defer { try? FileManager.default.removeItem(atPath: path) }
        try body(path)
    }

    /// A bound socket; `listen` says whether it takes connections.
    private func bound(to path: String, listens: Bool) -> Int32 {
        let descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
        let status = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        precondition(status == 0)
        if listens { listen(descriptor, 4) }
        return descriptor
    }

    @Test("where no socket is, it says where it looked and what to do")
    func noFile() throws {
        try withDirectory { directory in
            let error = try unreachable(directory + "/none.sock")
            #expect(error.errno == ENOENT)
            #expect(error.message == "no daemon at \(directory)/none.sock")
            // Where the unit is active and its file was removed, start would do nothing.
            for words in ["mend doctor", "systemctl restart mend.socket", "MEND_SOCKET"] {
                #expect(error.hint?.contains(words) == true, "\(words)")
            }
        }
    }

    @Test("where nobody listens, it says so")
    func nobodyListens() throws {
        try withDirectory { directory in
            let descriptor = bound(to: directory + "/s", listens: false)
            defer { close(descriptor) }
            let error = try unreachable(directory + "/s")
            #expect(error.errno == ECONNREFUSED)
            #expect(error.message == "nobody listens at \(directory)/s")
        }
    }

    @Test("a daemon that takes the connection and never answers is given up, and nothing was done")
    func noAnswer() throws {
        try withDirectory { directory in
            let descriptor = bound(to: directory + "/s", listens: true)
            defer { close(descriptor) }
            let thrown = #expect(throws: ClientError.self) {
                try BlockingClient(socket: directory + "/s", settings: ClientSettings(), answeringWithinMs: 1)
            }
            guard case .unreachable(let error) = thrown else { throw Peer.Ended() }
            #expect(error.errno == ETIMEDOUT)
            #expect(error.message == "the daemon at \(directory)/s has not answered for 1 ms: nothing was done")
            #expect(error.hint?.contains("journalctl -u mend") == true)
        }
    }

    @Test("a path longer than a socket's can be is refused with its length")
    func longPath() throws {
        let error = try unreachable("/" + String(repeating: "x", count: 107))
        #expect(error.message == "a socket's path has 1 to 107 bytes, not 108")
    }

    @Test("both clients reach a daemon by its path")
    func connected() async throws {
        let directory = NSTemporaryDirectory() + "/mend-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: false)
        defer { try? FileManager.default.removeItem(atPath: directory) }
        let descriptor = bound(to: directory + "/s", listens: true)
        defer { close(descriptor) }
        _ = try BlockingClient(socket: directory + "/s", settings: ClientSettings(timeoutMs: 60_000))
        try await Client.connect(to: directory + "/s").close()
    }

    @Test(
        "the socket is where it is said to be, first of all explicitly",
        arguments: [
            ("/a", ["MEND_SOCKET": "/b", "XDG_RUNTIME_DIR": "/run/user/7"], 7, "/a"),
            (nil, ["MEND_SOCKET": "/b", "XDG_RUNTIME_DIR": "/run/user/7"], 7, "/b"),
            (nil, ["XDG_RUNTIME_DIR": "/run/user/7"], 7, "/run/user/7/mend/mend.sock"),
            (nil, ["XDG_RUNTIME_DIR": "/run/user/8"], 8, "/run/mend/mend.sock"),
            (nil, ["XDG_RUNTIME_DIR": "/run/user/7"], 0, "/run/mend/mend.sock"),
            (nil, [:], 7, "/run/mend/mend.sock"),
            ("", ["MEND_SOCKET": "", "XDG_RUNTIME_DIR": ""], 7, "/run/mend/mend.sock"),
        ] as [(String?, [String: String], uid_t, String)])
    func path(explicit: String?, environment: [String: String], user: uid_t, expected: String) {
        let path = SocketPath.resolve(explicit, user: user) {
            environment[$0]
        } exists: {
            $0 == "/run/user/7/mend/mend.sock"
        }
        #expect(path == expected)
    }
}
