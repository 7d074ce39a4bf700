import GRDB
import MendEngine
import MendProtocol
import MendWire

/// Lanes and limits as they follow from what was asked.
extension History {
    struct LaneKey: Hashable {
        let queue: Int64
        let lane: String
    }

    struct Lane {
        /// The one that may run.
        var holder: Int64?
        /// Those that wait for it, in their order.
        var behind: [Int64] = []
    }

    func enterLane(_ entry: Entry) {
        guard let key = entry.laneKey else { return }
        var lane = lanes[key] ?? Lane()
        if lane.holder == nil {
            lane.holder = entry.id
        } else if lane.holder != entry.id {
            lane.behind.append(entry.id)
            lane.behind.sort()
        }
        lanes[key] = lane
    }

    func leaveLane(_ entry: Entry, as state: OperationState) {
        guard let key = entry.laneKey, var lane = lanes[key] else { return }
        guard state != .dead || entry.request?.wishes.blocksLane != true else { return }
        lane.behind.removeAll { $0 == entry.id }
        if lane.holder == entry.id { lane.holder = lane.behind.isEmpty ? nil : lane.behind.removeFirst() }
        lanes[key] = lane
    }
}

extension History.Entry {
    var laneKey: History.LaneKey? {
        request?.wishes.lane.map { History.LaneKey(queue: queue, lane: $0) }
    }
}

/// What a queue may hand out.
struct Limits {
    var leased: Int64 = 0
    private(set) var maxConcurrent: Int64?
    private(set) var rate: Double?
    private var burst = 0.0
    /// Those that there are at most; and at least, for a change of settings may leave the bucket empty.
    private var tokens = 0.0
    private var sureTokens = 0.0
    private var atMs: Int64 = 0

    init() {}

    /// The limits that a queue's settings set; what it hands out already goes on.
    init(_ settings: String?, had: Limits?, at now: Moment) throws {
        self = had ?? Limits()
        let stored = try settings.map {
            try WireDecoder.decode(Stored.self, from: JSONDocument(parsing: $0).root, unknownMembers: .ignore)
        }
        maxConcurrent = stored?.maxConcurrent
        let newBurst = stored?.burst.map(Double.init) ?? max(1, (stored?.rate ?? 0).rounded(.up))
        guard stored?.rate != rate || newBurst != burst else { return }
        rate = stored?.rate
        burst = newBurst
        tokens = burst
        sureTokens = 0
        atMs = now.elapsedMs
    }

    private struct Stored: Decodable {
        var maxConcurrent: Int64?
        var rate: Double?
        var burst: Int64?
    }

    /// Whether another lease is surely allowed.
    func mayLease(at now: Moment) -> Bool {
        var next = self
        return next.lease(at: now) && (rate == nil || next.sureTokens >= 0.01)
    }

    /// Counts a lease; tells whether the limits allow it.
    mutating func lease(at now: Moment) -> Bool {
        leased += 1
        let fits = leased <= maxConcurrent ?? .max
        guard let rate else { return fits }
        let come = Double(now.elapsedMs - atMs) / 1000 * rate
        tokens = min(burst, tokens + come) - 1
        sureTokens = max(-1, min(burst, sureTokens + come) - 1)
        atMs = now.elapsedMs
        // Intervals are whole microseconds.
        return fits && tokens > -0.01
    }
}
