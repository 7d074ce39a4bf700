import LoadKit

/// What every row works with.
final class Bench {
    let options: Options
    let place: Workplace
    private var compiledBaseline: SQLiteBaseline?

    init(_ options: Options) throws {
        self.options = options
        place = try Workplace(under: options.directory)
    }

    var rounds: Int { options.rounds ?? (options.quick ? 2 : 5) }

    /// A number of units of work, a tenth of it in a quick run.
    func count(_ full: Int) -> Int {
        options.quick ? full / 10 : full
    }

    func withMend<T>(_ body: (Server) throws -> T) throws -> T {
        try place.withServer(MendPeer.plan(program: options.mendd), body)
    }

    func baseline() throws -> SQLiteBaseline {
        if let compiledBaseline { return compiledBaseline }
        let baseline = try SQLiteBaseline(source: options.baseline, in: place)
        compiledBaseline = baseline
        return baseline
    }

    /// Loads a server with `units` units of work after a tenth as many for warming up.
    func load(
        _ talk: some Conversation, on server: Server, connections: Int, inFlight: Int = 1, units: Int
    ) throws -> LoadResult {
        let plan = LoadPlan(connections: connections, inFlight: inFlight, warmup: units / 10, units: units)
        return try load(talk, on: server, plan)
    }

    func load(_ talk: some Conversation, on server: Server, _ plan: LoadPlan) throws -> LoadResult {
        let result: LoadResult
        do {
            var generator = try LoadGenerator(talk, plan, socket: server.socket)
            result = try generator.run()
        } catch let failure as LoadFailure {
            throw LoadFailure("\(server.name): \(failure)")
        }
        let latency = result.latency.map { ", \($0.text)" } ?? ""
        Text.note(
            "  \(server.name): \(plan.connections) × \(plan.inFlight): \(Text.number(result.perSecond, decimals: 0))/s"
                + "\(latency); client's own CPU \(Text.number(result.ownCost, decimals: 2)) µs each")
        return result
    }

    /// The latency on one connection.
    func latency(_ talk: some Conversation, on server: Server, units: Int) throws -> Latencies.Summary {
        guard let latency = try load(talk, on: server, connections: 1, units: units).latency else {
            throw LoadFailure("no latencies")
        }
        return latency
    }
}
