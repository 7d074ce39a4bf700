/// Permits that are out, in the order in which they were given: the oldest is the first to end.
///
/// Ids only grow, so that a permit is found by bisection and needs no table of its own. A returned permit is only
/// crossed out until it reaches the front, which makes each operation O(1) amortised, lookups O(log n).
struct PermitLog: Sendable {
    struct Permit: Sendable {
        let id: Int64
        /// Elapsed milliseconds. When it ends follows from the breaker's `permit_ms`, also where that is changed later.
        let grantedAt: Int64
        let uid: UInt32
        fileprivate var isOut = true

        init(id: Int64, grantedAt: Int64, uid: UInt32) {
            self.id = id
            self.grantedAt = grantedAt
            self.uid = uid
        }
    }

    private var entries: [Permit] = []
    private var head = 0
    /// Permits that are out.
    private(set) var count = 0

    /// The oldest permit that is out.
    var first: Permit? { count == 0 ? nil : entries[head] }

    /// `permit` has a greater id than all before it.
    mutating func append(_ permit: Permit) {
        entries.append(permit)
        count += 1
    }

    /// Takes over what is out in `other`, whose ids are all greater, and empties it.
    mutating func append(emptying other: inout PermitLog) {
        for permit in other.entries[other.head...] where permit.isOut { append(permit) }
        other = PermitLog()
    }

    /// The permit with this id if it is out.
    func permit(_ id: Int64) -> Permit? { index(of: id).map { entries[$0] } }

    /// Crosses a permit out; false if it is not out.
    mutating func remove(_ id: Int64) -> Bool { take(id) != nil }

    /// Crosses a permit out; tells when it was given, if it is out.
    mutating func take(_ id: Int64) -> Int64? {
        guard let index = index(of: id) else { return nil }
        entries[index].isOut = false
        count -= 1
        let grantedAt = entries[index].grantedAt
        trim()
        return grantedAt
    }

    /// Crosses out the permits that were given at `time` or before.
    mutating func removeAll(grantedUpTo time: Int64, _ removed: (Int64) -> Void) {
        while let oldest = first, oldest.grantedAt <= time {
            entries[head].isOut = false
            count -= 1
            trim()
            removed(oldest.id)
        }
    }

    private func index(of id: Int64) -> Int? {
        var low = head
        var high = entries.count
        while low < high {
            let middle = (low + high) / 2
            if entries[middle].id < id { low = middle + 1 } else { high = middle }
        }
        return low < entries.count && entries[low].id == id && entries[low].isOut ? low : nil
    }

    /// Keeps an entry that is out at the front, and the entries that are crossed out fewer than the others.
    private mutating func trim() {
        while head < entries.count, !entries[head].isOut { head += 1 }
        if head == entries.count {
            entries.removeAll(keepingCapacity: entries.capacity <= 64)
            head = 0
        } else if entries.count > 2 * count + 64 {
            entries.removeAll { !$0.isOut }
            head = 0
        }
    }
}
