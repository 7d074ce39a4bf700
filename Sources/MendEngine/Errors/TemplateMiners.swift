/// The miners of the services that were heard of last.
struct TemplateMiners {
    /// Templates of all services together.
    private static let maxTemplates = 8192

    private var miners: [String: (miner: TemplateMiner, usedAt: Int)] = [:]
    private var uses = 0

    /// Does something with a service's miner, which is made where it is not at hand.
    mutating func with<Answer>(
        _ service: String, load: () throws -> TemplateMiner, _ body: (inout TemplateMiner) throws -> Answer
    ) rethrows -> Answer {
        uses += 1
        if miners[service] == nil {
            let miner = try load()
            makeRoom(for: miner.templates.count)
            miners[service] = (miner, uses)
        }
        miners[service]?.usedAt = uses
        return try body(&miners[service, default: (TemplateMiner(), uses)].miner)
    }

    /// What it knew is read from the disk when it is needed again.
    mutating func forget(_ service: String) {
        miners[service] = nil
    }

    mutating func forgetAll() {
        miners.removeAll()
    }

    private mutating func makeRoom(for count: Int) {
        var total = miners.values.reduce(count) { $0 + $1.miner.templates.count + 1 }
        while total > Self.maxTemplates, let oldest = miners.min(by: { $0.value.usedAt < $1.value.usedAt }) {
            total -= oldest.value.miner.templates.count + 1
            miners[oldest.key] = nil
        }
    }
}
