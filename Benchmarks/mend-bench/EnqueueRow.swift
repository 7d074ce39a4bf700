import LoadKit

/// Durable enqueues from many connections: their throughput.
struct EnqueueRow: Row {
    enum Peer: String {
        case redis = "Redis LPUSH"
        case beanstalkd = "beanstalkd put"
    }

    let id: String
    let connections = 50
    let inFlight: Int
    let peer: Peer
    let bar: Double

    var figures: [Figure] {
        [
            Figure(
                measure: "durable enqueue, \(connections) × \(inFlight)", unit: .perSecond, peer: peer.rawValue,
                bar: .atLeast(bar))
        ]
    }

    func round(_ bench: Bench) throws -> [Sample] {
        let mend = try bench.withMend { server in
            try measure(MendEnqueue(connections: connections), 200_000, on: server, bench)
        }
        let other =
            switch peer {
            case .redis:
                try bench.place.withServer(RedisPeer.plan(durable: true)) { server in
                    try measure(RedisPeer.push(), inFlight > 1 ? 1_000_000 : 300_000, on: server, bench)
                }
            case .beanstalkd:
                try bench.place.withServer(BeanstalkdPeer.plan) { server in
                    try measure(BeanstalkdPeer.put(), 40_000, on: server, bench)
                }
            }
        return [Sample(mend: mend, peer: other)]
    }

    private func measure(_ talk: some Conversation, _ units: Int, on server: Server, _ bench: Bench) throws -> Double {
        try bench.load(talk, on: server, connections: connections, inFlight: inFlight, units: bench.count(units))
            .perSecond
    }
}
