import MendEngine

/// The calls that wait for the writer. As long as they are few, one batch takes them all as they came; when they are
/// more, users take turns.
struct Backlog {
    /// The most calls of a batch: what comes meanwhile waits for so many at most.
    static let batchLimit = 1024

    /// About the most that a batch writes beside its last call, in bytes: else one user's large calls would hold up all.
    static let batchBytes = 4 << 20

    private var turns = Turns<WriterCall>()

    var isEmpty: Bool { turns.isEmpty }

    /// Takes back what was not begun of the last batch.
    mutating func putBack(_ calls: [WriterCall]) {
        for call in calls.reversed() { turns.putBack(call, of: call.caller.uid) }
    }

    /// The next batch out of what waits and what has just come.
    mutating func batch(adding arrived: [WriterCall]) -> [WriterCall] {
        if turns.isEmpty && arrived.count <= Self.batchLimit
            && arrived.reduce(0, { $0 + $1.bytes }) <= Self.batchBytes
        {
            return arrived
        }
        for call in arrived { turns.add(call, of: call.caller.uid) }
        var batch: [WriterCall] = []
        batch.reserveCapacity(min(turns.count, Self.batchLimit))
        var bytes = 0
        while batch.count < Self.batchLimit, bytes < Self.batchBytes, let next = turns.next() {
            batch.append(next)
            bytes += next.bytes
        }
        return batch
    }
}
