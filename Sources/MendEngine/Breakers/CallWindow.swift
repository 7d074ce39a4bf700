import MendProtocol

/// The calls that a rate is taken from: the last so many, or those of the last so many milliseconds.
struct CallWindow: Sendable {
    // Two optionals and not an enum: a payload cannot be changed in place, and would be copied for every call.
    private var last: LastCalls?
    private var recent: RecentCalls?

    init(_ settings: BreakerSettings) {
        if let windowMs = settings.windowMs {
            recent = RecentCalls(windowMs: windowMs)
        } else {
            last = LastCalls(
                capacity: Int(settings.windowCalls), looksAtSlow: settings.slowCallDurationMs != nil)
        }
    }

    var counts: CallCounts { last?.counts ?? recent?.counts ?? CallCounts() }

    mutating func add(failed: Bool, slow: Bool, at now: Int64) {
        last?.add(failed: failed, slow: slow)
        recent?.add(CallCounts(calls: 1, failures: failed ? 1 : 0, slow: slow ? 1 : 0), at: now)
    }

    /// Leaves out what is too old by now.
    mutating func advance(to now: Int64) { recent?.advance(to: now) }

    /// The same calls as far as the new settings have room for them. Counted calls that are timed from now on count as if
    /// they had just been made.
    func resized(for settings: BreakerSettings, at now: Int64) -> CallWindow {
        var window = CallWindow(settings)
        if let last {
            window.last?.addAll(of: last)
            window.recent?.add(last.counts, at: now)
        }
        if let recent {
            window.last?.addAll(of: recent)
            window.recent?.addAll(of: recent)
        }
        return window
    }
}

/// What became of some calls.
struct CallCounts: Sendable {
    var calls: Int64 = 0
    var failures: Int64 = 0
    var slow: Int64 = 0

    static func += (left: inout CallCounts, right: CallCounts) {
        left.calls += right.calls
        left.failures += right.failures
        left.slow += right.slow
    }

    static func -= (left: inout CallCounts, right: CallCounts) {
        left.calls -= right.calls
        left.failures -= right.failures
        left.slow -= right.slow
    }
}

/// The last so many calls: a bit each, set where the call failed, and one more where slow calls are looked at.
private struct LastCalls {
    let capacity: Int
    private var failed: [UInt64]
    /// Empty where nobody looks at slow calls.
    private var slow: [UInt64]
    private var next = 0
    private(set) var counts = CallCounts()

    init(capacity: Int, looksAtSlow: Bool) {
        self.capacity = max(1, capacity)
        let words = (self.capacity + 63) / 64
        failed = Array(repeating: 0, count: words)
        slow = looksAtSlow ? Array(repeating: 0, count: words) : []
    }

    mutating func add(failed isFailure: Bool, slow isSlow: Bool) {
        if counts.calls < capacity { counts.calls += 1 }
        counts.failures += Self.set(next, to: isFailure, in: &failed)
        if !slow.isEmpty { counts.slow += Self.set(next, to: isSlow, in: &slow) }
        next = next + 1 == capacity ? 0 : next + 1
    }

    /// Answers by how much the number of set bits has grown.
    private static func set(_ place: Int, to value: Bool, in words: inout [UInt64]) -> Int64 {
        let bit: UInt64 = 1 << UInt64(place % 64)
        let was = words[place / 64] & bit != 0
        guard was != value else { return 0 }
        words[place / 64] ^= bit
        return value ? 1 : -1
    }

    private func bit(_ place: Int, in words: [UInt64]) -> Bool {
        !words.isEmpty && words[place / 64] & (1 << UInt64(place % 64)) != 0
    }

    mutating func addAll(of other: LastCalls) {
        let calls = Int(other.counts.calls)
        let oldest = other.next - calls + other.capacity
        for offset in 0..<calls {
            let place = (oldest + offset) % other.capacity
            add(failed: other.bit(place, in: other.failed), slow: other.bit(place, in: other.slow))
        }
    }

    /// As many of the latest as there is room for. Which of a slot's calls failed is not known: of a slot that does not
    /// fit as a whole, as great a share as of all its calls.
    mutating func addAll(of other: RecentCalls) {
        var room = Int64(capacity)
        var fitting: [CallCounts] = []
        for slot in other.slotsFromNewest where room > 0 && slot.calls > 0 {
            let calls = min(slot.calls, room)
            let share = { (count: Int64) in (count * calls + slot.calls / 2) / slot.calls }
            fitting.append(CallCounts(calls: calls, failures: share(slot.failures), slow: share(slot.slow)))
            room -= calls
        }
        for slot in fitting.reversed() {
            for number in 0..<slot.calls { add(failed: number < slot.failures, slow: number < slot.slow) }
        }
    }
}

/// The calls of the last so many milliseconds, counted in ten slots of time: the oldest slot is dropped as a whole, so
/// the window is up to a tenth shorter than was asked for.
struct RecentCalls: Sendable {
    let slotMs: Int64
    private var slots: [CallCounts]
    /// The number of the newest slot: its time divided by `slotMs`.
    private var newest: Int64 = 0
    private(set) var counts = CallCounts()

    init(windowMs: Int64) {
        slotMs = max(1, (windowMs + 9) / 10)
        slots = Array(repeating: CallCounts(), count: Int((windowMs + slotMs - 1) / slotMs))
    }

    var slotsFromNewest: some Sequence<CallCounts> {
        (0..<Int64(slots.count)).lazy.filter { newest >= $0 }.map { slots[place(of: newest - $0)] }
    }

    private func place(of number: Int64) -> Int { Int(number % Int64(slots.count)) }

    mutating func advance(to now: Int64) {
        let current = now / slotMs
        guard current > newest else { return }
        for number in max(newest + 1, current - Int64(slots.count) + 1)...current {
            counts -= slots[place(of: number)]
            slots[place(of: number)] = CallCounts()
        }
        newest = current
    }

    mutating func add(_ calls: CallCounts, at now: Int64) {
        advance(to: now)
        slots[place(of: newest)] += calls
        counts += calls
    }

    mutating func addAll(of other: RecentCalls) {
        for number in max(0, other.newest - Int64(other.slots.count) + 1)...other.newest {
            add(other.slots[other.place(of: number)], at: number * other.slotMs)
        }
    }
}
