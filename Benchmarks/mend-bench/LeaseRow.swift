import LoadKit

/// Operations leased and completed by many connections, one at a time each: pairs a second.
struct LeaseRow: Row {
    let id = "B5"
    let connections = 50

    var figures: [Figure] {
        [
            Figure(
                measure: "lease, then complete, \(connections) × 1", unit: .perSecond,
                peer: "beanstalkd reserve + delete",
                bar: .atLeast(3))
        ]
    }

    func round(_ bench: Bench) throws -> [Sample] {
        let mend = try bench.withMend { server in
            try drain(
                MendPeer.lease(connections: connections), filledBy: MendEnqueue(connections: connections), 50_000,
                on: server, bench)
        }
        let beanstalkd = try bench.place.withServer(BeanstalkdPeer.plan) { server in
            try drain(
                BeanstalkdPeer.reserve(connections: connections), filledBy: BeanstalkdPeer.put(), 20_000, on: server,
                bench)
        }
        return [Sample(mend: mend, peer: beanstalkd)]
    }

    private func drain(
        _ talk: some Conversation, filledBy filler: some Conversation, _ units: Int, on server: Server, _ bench: Bench
    ) throws -> Double {
        let count = bench.count(units)
        let plan = LoadPlan(connections: connections, inFlight: 1, warmup: count / 10, units: count)
        let filling = LoadPlan(connections: connections, inFlight: 16, warmup: 0, units: plan.mostUnits)
        _ = try bench.load(filler, on: server, filling)
        return try bench.load(talk, on: server, plan).perSecond
    }
}
