import Glibc
import LoadKit

/// Enqueues from many connections by a process of their own, while something else is measured.
enum BackgroundLoad {
    private static let started = "loading"

    /// Runs `body` under a load of 50 connections on `server`. A load that failed meanwhile is a failure of the whole.
    static func during<T>(_ bench: Bench, on server: Server, _ body: () throws -> T) throws -> T {
        try bench.place.withDirectory { directory in
            let child = try ChildProcess(
                [CommandLine.arguments[0], "load", "--socket", server.socket, "--connections", "50"],
                log: "\(directory)/log")
            defer { child.stop() }
            while !child.printed.hasPrefix(started) {
                try Interruption.check()
                guard child.isRunning else { throw LoadFailure("the load ended: \(child.printed)") }
                Clock.pause(milliseconds: 5)
            }
            let value = try body()
            guard child.stop() == 0 else { throw LoadFailure("the load failed: \(child.printed)") }
            Text.note("  meanwhile: \(child.printed.dropFirst(started.count + 1))")
            return value
        }
    }

    /// The process itself: loads until it is asked to end, and says how much it was.
    static func run(socket: String, connections: Int) throws {
        let warming = LoadPlan(connections: connections, inFlight: 1, warmup: 0, units: 2_000)
        var generator = try LoadGenerator(MendEnqueue(connections: connections), warming, socket: socket)
        _ = try generator.run()
        Text.note(started)
        let endless = LoadPlan(connections: connections, inFlight: 1, warmup: 0, units: nil)
        generator = try LoadGenerator(MendEnqueue(connections: connections), endless, socket: socket)
        let result = try generator.run()
        Text.note("\(Text.number(result.perSecond, decimals: 0)) enqueues/s from \(connections) connections")
    }
}
