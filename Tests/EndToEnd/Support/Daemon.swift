import Foundation
import Glibc

/// The real daemon on a socket and a state of its own.
final class Daemon {
    let place: TemporaryDirectory
    private(set) var child: Child
    private let start: Start

    /// How it is started, each time.
    struct Start {
        /// The text of the configuration file.
        var configuration = ""
        var environment: [String: String] = [:]
        /// A program that runs it, with its options.
        var launcher: [String] = []
    }

    var socket: String { place.file("mend.sock") }
    var statePath: String { place.file("state") }
    var databasePath: String { place.file("state/mend.db") }

    /// Starts it and waits until it says that it is ready.
    init(_ start: Start = Start(), in place: TemporaryDirectory? = nil) throws {
        let place = try place ?? TemporaryDirectory()
        self.place = place
        self.start = start
        child = try Self.started(start, in: place)
    }

    convenience init(configuration: String) throws { try self.init(Start(configuration: configuration)) }

    /// The arguments that make it use a place.
    static func arguments(_ place: TemporaryDirectory) -> [String] {
        [
            Package.program("mendd"), "--socket", place.file("mend.sock"), "--state", place.file("state"),
            "--config", place.file("mend.yaml"),
        ]
    }

    private static func started(_ start: Start, in place: TemporaryDirectory) throws -> Child {
        try place.write(start.configuration, to: "mend.yaml")
        let notify = try NotifySocket(path: place.file("notify"))
        var environment = start.environment
        environment["NOTIFY_SOCKET"] = notify.path
        let child = try Child(start.launcher + arguments(place), environment: environment)
        do {
            try notify.wait(for: "READY=1")
        } catch {
            child.signal(SIGKILL)
            try child.waitForEnd()
            throw Failure("\(error); it said: \(child.errorText)")
        }
        return child
    }

    /// A connection, which keeps the daemon alive.
    func connect() throws -> LineClient { try LineClient(path: socket, of: self) }

    /// Ends it as a crash does.
    func kill() { child.kill() }

    /// Starts it again on what it left.
    func restart() throws {
        child.kill()
        child = try Self.started(start, in: place)
    }

    func signal(_ number: Int32) { child.signal(number) }

    /// Asks it to end, and waits for that.
    @discardableResult
    func stop() throws -> Child.End {
        child.signal(SIGTERM)
        return try child.waitForEnd()
    }

    /// The most memory it ever had, in bytes (`VmHWM`, proc(5)).
    func peakMemory() throws -> Int {
        let status = try String(contentsOfFile: "/proc/\(child.pid)/status", encoding: .utf8)
        let line = status.split(separator: "\n").first { $0.hasPrefix("VmHWM:") }
        guard let kilobytes = line?.split(separator: " ").dropFirst().first.flatMap({ Int($0) }) else {
            throw Failure("no VmHWM in \(status)")
        }
        return kilobytes * 1024
    }
}
