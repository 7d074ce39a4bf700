import MendEngine

/// The calls that wait for the writer. As long as they are few, one batch takes them all as they came; when they are
/// more, users take turns.
struct Backlog {
    /// The most calls of a batch: what comes meanwhile waits for so many at most.
    static let batchLimit = 1024

    private var turns = Turns<WriterCall>()

    var isEmpty: Bool { turns.isEmpty }

    /// The next batch out of what waits and what has just come.
    mutating func batch(adding arrived: [WriterCall]) -> [WriterCall] {
        if turns.isEmpty && arrived.count <= Self.batchLimit { return arrived }
        for call in arrived { turns.add(call, of: call.caller.uid) }
        var batch: [WriterCall] = []
        batch.reserveCapacity(min(turns.count, Self.batchLimit))
        while batch.count < Self.batchLimit, let next = turns.next() { batch.append(next) }
        return batch
    }
}
