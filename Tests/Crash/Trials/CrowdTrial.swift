import Glibc
import LoadKit
import MendWire

/// R6: a crowd of idle connections, and clients that behave badly. The others must hardly notice, and the daemon's memory
/// is bounded.
struct CrowdTrial {
    let options: Options
    let place: Workplace

    private static let idle = 4_000
    private static let mostMemoryKiB = 192.0 * 1_024
    private static let worstRatio = 2.0

    /// What a client that behaves sees.
    private struct Round {
        var calm: Latencies.Summary
        var crowded: Latencies.Summary
        var longLines: Latencies.Summary
    }

    func verdicts() throws -> [Verdict] {
        try raiseLimit()
        return try place.withDirectory { directory in
            let room = "\(Self.idle + 100)"
            let daemon = try Mendd(
                program: options.mendd, directory: directory,
                settings: ["MEND_LIMITS_CONNECTIONS": room, "MEND_LIMITS_CONNECTIONS_PER_USER": room])
            defer { daemon.stop() }
            return try measure(daemon, directory)
        }
    }

    private func measure(_ daemon: Mendd, _ directory: String) throws -> [Verdict] {
        let idleKiB = try daemon.server.residentMemory()
        let client = try Inquiry(daemon.socket)
        _ = try latency(client)
        var rounds: [Round] = []
        var crowdKiB = 0.0
        var longLines = 0
        for _ in 0..<(options.quick ? 2 : 7) {
            let calm = try latency(client)
            let crowd = try Crowd(daemon.socket, idle: Self.idle)
            let crowded = try latency(client)
            crowdKiB = max(crowdKiB, try daemon.server.residentMemory())
            let lines = try ChildProcess(
                [CommandLine.arguments[0], "long-line", "--socket", daemon.socket, "--megabytes", "100"],
                log: "\(directory)/lines")
            defer { lines.stop() }
            let withLines = try latency(client)
            // At least one whole line, however fast the measure was.
            while lines.isRunning, Int(lines.printed) == nil, !Interruption.requested {
                Clock.pause(milliseconds: 300)
                kill(lines.pid, SIGTERM)
                guard lines.stop() == 0 else { throw LoadFailure("the long line: \(lines.printed)") }
            }
            longLines += (Text.file("\(directory)/lines") ?? "").split(separator: "\n").compactMap { Int($0) }.last ?? 0
            try crowd.check()
            rounds.append(Round(calm: calm, crowded: crowded, longLines: withLines))
        }
        let peakKiB = try daemon.server.peakMemory()
        let mib = { (kib: Double) in Text.number(kib / 1_024, decimals: 1) + " MiB" }
        return [
            verdict("R6 crowd", rounds, \.crowded, "\(Self.idle) idle, 4 that never read, 1 with half a line"),
            verdict("R6 long line", rounds, \.longLines, "the same and \(longLines) lines of 100 MB"),
            Verdict(
                "R6 memory", isReached: peakKiB <= Self.mostMemoryKiB,
                "idle \(mib(idleKiB)), with the crowd \(mib(crowdKiB)), at most \(mib(peakKiB)); "
                    + "bound \(mib(Self.mostMemoryKiB))"),
        ]
    }

    private func verdict(
        _ bar: String, _ rounds: [Round], _ of: KeyPath<Round, Latencies.Summary>, _ crowd: String
    ) -> Verdict {
        func median(_ values: [Double]) -> Double { values.sorted()[values.count / 2] }
        func ratio(_ member: KeyPath<Latencies.Summary, Double>) -> Double {
            median(rounds.map { $0[keyPath: of][keyPath: member] / $0.calm[keyPath: member] })
        }
        let mean = ratio(\.mean)
        let typical = ratio(\.median)
        let text = { (value: Double) in Text.number(value, decimals: 2) }
        let last = rounds[rounds.count - 1]
        let isReached = mean <= Self.worstRatio && typical <= Self.worstRatio
        return Verdict(
            bar, options.quick ? .measured : isReached ? .reached : .missed,
            "\(crowd): latency of others × \(text(mean)) (mean), × \(text(typical)) (p50), "
                + "× \(text(ratio(\.percentile99))) (p99); last round \(last.calm.text) → \(last[keyPath: of].text)")
    }

    /// The time of a durable call, one at a time.
    private func latency(_ client: Inquiry) throws -> Latencies.Summary {
        let count = options.quick ? 1_000 : 4_000
        var latencies = Latencies(capacity: count)
        for _ in 0..<count {
            let began = Clock.now()
            let answer = try client.ask("queue.enqueue", #""queue":"calm","payload":{"to":"a@example.com"}"#)
            latencies.add(Clock.now() - began)
            guard answer["result"] != nil else { throw LoadFailure("the calm client was refused") }
        }
        return latencies.summary()
    }

    private func raiseLimit() throws {
        var limit = rlimit()
        getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
        limit.rlim_cur = min(limit.rlim_max, 16_384)
        guard setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0, limit.rlim_cur > Self.idle + 200
        else { throw LoadFailure("only \(limit.rlim_cur) files may be open here (ulimit -n)") }
    }
}

/// Connections that are up and do nothing good.
private final class Crowd {
    private var idle: [Int32] = []
    private var deaf: [Int32] = []
    private var half: Int32

    init(_ socket: String, idle count: Int) throws {
        half = try UnixSocket.connect(to: socket)
        for _ in 0..<count { idle.append(try UnixSocket.connect(to: socket)) }
        // Answers of many kilobytes each, as many as the daemon takes requests for.
        let question = Array((#"{"jsonrpc":"2.0","id":1,"method":"rpc.discover"}"# + "\n").utf8)
        for _ in 0..<4 {
            let link = try UnixSocket.connect(to: socket)
            deaf.append(link)
            for _ in 0..<2_000 {
                guard send(link, question, question.count, Int32(MSG_NOSIGNAL | MSG_DONTWAIT)) > 0 else { break }
            }
        }
        let start = Array(#"{"jsonrpc":"2.0","id":1,"meth"#.utf8)
        send(half, start, start.count, Int32(MSG_NOSIGNAL))
    }

    deinit { for link in idle + deaf + [half] { close(link) } }

    /// Who was idle, or slow, is served as ever.
    func check() throws {
        for link in [idle[0], idle[idle.count / 2], idle[idle.count - 1]] {
            guard try UnixSocket.ask(Mendd.ping, on: link).contains(#""result""#) else { throw LoadFailure("no pong") }
        }
        let rest = #"od":"system.ping"}"# + "\n"
        guard try UnixSocket.ask(rest, on: half).contains(#""result""#) else { throw LoadFailure("half a line lost") }
    }
}
