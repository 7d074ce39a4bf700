import Glibc
import LoadKit

/// From the first connection to its answer, by a daemon that the connection starts: with a million operations that wait, and
/// with none.
struct ActivationRow: Row {
    let id = "B11"

    private let operations = 1_000_000
    private let starts = 9

    var figures: [Figure] {
        [
            Figure(
                measure: "first reply, 1 million operations", unit: .milliseconds, peer: "the same, empty",
                bar: .atMost(1.2)),
            Figure(measure: "the same, by itself", unit: .milliseconds, peer: nil, bar: .atMost(60)),
        ]
    }

    func round(_ bench: Bench) throws -> [Sample] {
        try bench.place.withDirectory { directory in
            let (full, empty) = ("\(directory)/full", "\(directory)/empty")
            for state in [full, empty] {
                guard mkdir(state, 0o700) == 0 else { throw LoadFailure.system(state) }
                try fill(state, with: state == full ? bench.count(operations) : 0, bench)
            }
            var times: (full: [Double], empty: [Double]) = ([], [])
            for _ in 0..<starts {
                times.full.append(try firstReply(full, bench))
                times.empty.append(try firstReply(empty, bench))
            }
            let median = (full: times.full.sorted()[starts / 2], empty: times.empty.sorted()[starts / 2])
            return [Sample(mend: median.full, peer: median.empty), Sample(mend: median.full)]
        }
    }

    private func fill(_ directory: String, with operations: Int, _ bench: Bench) throws {
        let server = try Server(MendPeer.plan(program: bench.options.mendd)(directory), log: "\(directory)/log")
        defer { server.process.stop() }
        guard operations > 0 else { return }
        let plan = LoadPlan(connections: 50, inFlight: 16, warmup: 0, units: operations)
        _ = try bench.load(MendEnqueue(connections: 50), on: server, plan)
    }

    /// In milliseconds. What starts the daemon becomes it, and costs an exec.
    private func firstReply(_ directory: String, _ bench: Bench) throws -> Double {
        let socket = "\(directory)/activated"
        unlink(socket)
        let process = try ChildProcess(
            ["/usr/bin/systemd-socket-activate", "-l", socket, bench.options.mendd, "--state", "\(directory)/state"],
            log: "\(directory)/log")
        defer { process.stop() }
        let deadline = Clock.now() + 10_000_000_000
        while access(socket, F_OK) != 0 {
            guard process.isRunning, Clock.now() < deadline else {
                throw LoadFailure("systemd-socket-activate does not listen: \(process.printed)")
            }
            Clock.pause(milliseconds: 2)
        }
        // The name is there a moment before the socket listens.
        Clock.pause(milliseconds: 20)
        let began = Clock.now()
        let connection = try UnixSocket.connect(to: socket)
        defer { close(connection) }
        let answer = try UnixSocket.ask(MendPeer.ping, on: connection)
        guard answer.contains(#""result""#) else { throw LoadFailure("unexpected answer: \(answer)") }
        return Double(Clock.now() - began) / 1_000_000
    }
}
