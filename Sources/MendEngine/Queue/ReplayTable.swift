import GRDB
import MendProtocol
import MendWire

/// A replay of a queue's dead letters that goes on by itself.
struct Replay: Codable {
    /// What was asked for: the filter and the rate.
    var call: Queue.Replay
    /// Whose dead letters; everybody's where it is absent.
    var uid: UInt32?
    /// By the wall clock: what dies later, perhaps a second time, is none of it.
    var begunAt: Int64
    /// Up to which operation it has looked.
    var after: Int64 = 0
    var replayed: Int64 = 0
    /// When the next one goes: microseconds of elapsed time, since there may be several in a millisecond.
    var nextUs: Int64
    var canary: Int64?

    var info: ReplayInfo {
        ReplayInfo(begunAt: begunAt, replayed: replayed, rate: call.rate?.value, canary: canary)
    }

    /// When a timer looks at it next; nothing while it waits for its canary.
    var dueMs: Int64? { canary == nil ? nextUs / 1000 + (nextUs % 1000 > 0 ? 1 : 0) : nil }

    /// How many more may go by now.
    func allowance(now: Moment, atMost most: Int64) -> Int64 {
        let left = min(most, (call.limit?.value ?? .max) - replayed)
        guard let rate = call.rate?.value else { return left }
        let behindUs = min(now.elapsedMs * 1000 - nextUs, Self.madeUpMs * 1000)
        return behindUs < 0 ? 0 : min(left, Int64(Double(behindUs) * rate / 1_000_000) + 1)
    }

    /// Counts what went: a rate that was not kept for a while is not made up for.
    mutating func count(_ number: Int64, now: Moment) {
        replayed += number
        guard let rate = call.rate?.value, number > 0 else { return }
        nextUs = max(nextUs, (now.elapsedMs - Self.madeUpMs) * 1000) + Int64(Double(number) * 1_000_000 / rate)
    }

    private static let madeUpMs: Int64 = 1000
}

/// The replays that are under way, one a queue, as their rows say.
///
/// Shared memory of the writer's thread: what changes here is undone through `Engine.onRollback`.
final class ReplayTable {
    private var byQueue: [Int64: Replay] = [:]
    /// The queues of those that wait for their first operation, by that.
    private(set) var canaries: [Int64: Int64] = [:]

    subscript(queue: Int64) -> Replay? {
        get { byQueue[queue] }
        set {
            if let canary = byQueue[queue]?.canary { canaries[canary] = nil }
            byQueue[queue] = newValue
            if let canary = newValue?.canary { canaries[canary] = queue }
        }
    }

    var nextDueMs: Int64? { byQueue.values.lazy.compactMap(\.dueMs).min() }

    func due(at elapsedMs: Int64) -> [Int64] {
        byQueue.filter { ($0.value.dueMs ?? .max) <= elapsedMs }.keys.sorted()
    }
}

extension Engine {
    func loadReplays(_ db: Database) throws {
        let rows = try Row.fetchCursor(db, sql: "SELECT queue, replay FROM replays")
        while let row = try rows.next() { replays[row[0]] = try Replay(stored: row[1]) }
    }
}

extension Replay {
    init(stored text: String) throws {
        self = try WireDecoder.decode(Replay.self, from: JSONDocument(parsing: text).root, unknownMembers: .ignore)
    }
}
