import LoadKit

/// A durable enqueue when nothing else is going on: its mean latency, against the least that it can cost.
struct SingleEnqueueRow: Row {
    let id = "B4"

    var figures: [Figure] {
        ["durable enqueue, 1 × 1", "durable enqueue, 1 × 1, on one processor"].map { measure in
            Figure(measure: measure, unit: .microseconds, peer: "SQLite commit + echo, C", bar: .atMost(1.3))
        }
    }

    func round(_ bench: Bench) throws -> [Sample] {
        try [compare(bench), Processors.one(bench.place) { try compare(bench) }]
    }

    private func compare(_ bench: Bench) throws -> Sample {
        let baseline = try bench.baseline()
        let units = bench.count(20_000)
        let enqueue = MendEnqueue(connections: 1)
        let mend = try bench.withMend { server in
            try bench.latency(enqueue, on: server, units: units)
        }
        let commit = try baseline.commit(count: units, in: bench.place)
        let echo = try baseline.echo(count: units, bytes: enqueue.longestRequest, in: bench.place)
        Text.note("  C: commit \(commit.text); echo \(echo.text)")
        return Sample(mend: mend.mean, peer: commit.mean + echo.mean)
    }
}
