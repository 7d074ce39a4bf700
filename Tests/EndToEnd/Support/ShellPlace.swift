import Foundation
import Glibc
import Testing

/// A daemon, and scripts that find `mend` and it.
final class ShellPlace {
    let daemon: Daemon
    private(set) var client: LineClient

    init() throws {
        daemon = try Daemon()
        client = try daemon.connect()
    }

    /// The queue of our own undos.
    let undos = "undo.\(geteuid())"

    func start(_ arguments: [String], with more: [String: String] = [:]) throws -> Child {
        let programs = Package.program("mend").split(separator: "/").dropLast().joined(separator: "/")
        var environment = [
            "MEND_SOCKET": daemon.socket, "PLACE": daemon.place.path, "XDG_STATE_HOME": daemon.place.file("own"),
            "PATH": "/\(programs):/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin",
        ]
        environment.merge(more) { $1 }
        return try Child(arguments, environment: environment)
    }

    func mend(_ words: String...) throws -> Child { try start([Package.program("mend")] + words) }

    func script(_ text: String, with more: [String: String] = [:]) throws -> Child {
        try start(["/bin/sh", "-c", text], with: more)
    }

    /// Begins a transaction that nobody holds.
    func begin(_ more: String = "") throws -> String {
        let answer = try client.result("transaction.begin", #"{"name":"t"\#(more)}"#)
        return String(try #require(answer["transaction"].int))
    }

    func get(_ transaction: String) throws -> JSON {
        try daemon.connect().result("transaction.get", #"{"transaction":\#(transaction)}"#)
    }

    /// Waits for its end, and answers its state.
    func end(of transaction: String) throws -> JSON {
        try daemon.connect().result("transaction.wait", #"{"transaction":\#(transaction),"wait_ms":25000}"#)["state"]
    }

    func rollBack(_ transaction: String) throws {
        _ = try daemon.connect().result("transaction.rollback", #"{"transaction":\#(transaction)}"#)
    }

    func lines(_ name: String) -> [String] {
        let text = try? String(contentsOfFile: daemon.place.file(name), encoding: .utf8)
        return text.map { $0.split(separator: "\n").map(String.init) } ?? []
    }

    func remove(_ name: String) { unlink(daemon.place.file(name)) }
}
