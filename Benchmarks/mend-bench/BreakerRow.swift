import LoadKit

/// Asking a breaker and telling it the outcome, on one connection: the latency of both calls together.
///
/// It is measured while nothing else is going on, with the processors left free and on one alone, and while 50
/// connections enqueue as fast as they can. The peer is measured under the very same load on Mend, so that the
/// processors are as busy for both.
struct BreakerRow: Row {
    enum Peer: String {
        case echo = "two echoes, SwiftNIO"
        case redis = "two EVALSHA, Redis"
    }

    let id: String
    let peer: Peer
    let bar: Double

    var figures: [Figure] {
        let measure = "breaker acquire + record"
        return [
            Figure(measure: "\(measure), idle", unit: .microseconds, peer: peer.rawValue, bar: .atMost(bar)),
            Figure(
                measure: "\(measure), idle, on one processor", unit: .microseconds, peer: peer.rawValue,
                bar: .atMost(bar)),
            Figure(
                measure: "\(measure), while 50 enqueue", unit: .microseconds, peer: "\(peer.rawValue), likewise",
                bar: .atMost(bar)),
            Figure(
                measure: "\(measure), while 50 enqueue", unit: .microseconds, peer: "\(peer.rawValue), idle", bar: nil),
        ]
    }

    func round(_ bench: Bench) throws -> [Sample] {
        let alone = try Processors.one(bench.place) {
            try withBoth(bench) { try both($0, $1, $2, 20_000, bench) }
        }
        return try withBoth(bench) { mend, other, talk in
            let idle = try both(mend, other, talk, 20_000, bench)
            let loaded = try BackgroundLoad.during(bench, on: mend) { try both(mend, other, talk, 5_000, bench) }
            return [idle, alone, loaded, Sample(mend: loaded.mend, peer: idle.peer)]
        }
    }

    private func withBoth<T>(_ bench: Bench, _ body: (Server, Server, TwoRequests) throws -> T) throws -> T {
        try bench.withMend { mend in
            switch peer {
            case .echo:
                try bench.place.withServer(EchoPeer.plan) { try body(mend, $0, EchoPeer.breaker()) }
            case .redis:
                // A breaker in Redis need not survive its server: without a disk Redis is at its best.
                try bench.place.withServer(RedisPeer.plan(durable: false)) {
                    try body(mend, $0, RedisPeer.breaker($0))
                }
            }
        }
    }

    private func both(
        _ mend: Server, _ other: Server, _ otherTalk: TwoRequests, _ units: Int, _ bench: Bench
    ) throws -> Sample {
        let talk = MendPeer.breaker(connections: 1)
        return Sample(
            mend: try bench.latency(talk, on: mend, units: bench.count(units)).mean,
            peer: try bench.latency(otherTalk, on: other, units: bench.count(units)).mean)
    }
}
