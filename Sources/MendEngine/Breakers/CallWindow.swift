import MendProtocol

/// The calls that a failure rate is taken from: the last so many, or those of the last so many milliseconds.
struct CallWindow: Sendable {
    // Two optionals and not an enum: a payload cannot be changed in place, and would be copied for every call.
    private var last: LastCalls?
    private var recent: RecentCalls?

    init(_ settings: BreakerSettings) {
        if let windowMs = settings.windowMs {
            recent = RecentCalls(windowMs: windowMs)
        } else {
            last = LastCalls(capacity: Int(settings.windowCalls))
        }
    }

    var calls: Int64 { last?.calls ?? recent?.calls ?? 0 }
    var failures: Int64 { last?.failures ?? recent?.failures ?? 0 }

    mutating func add(failed: Bool, at now: Int64) {
        last?.add(failed: failed)
        recent?.add(failed: failed, at: now)
    }

    /// Leaves out what is too old by now.
    mutating func advance(to now: Int64) { recent?.advance(to: now) }

    /// The same calls as far as the new settings have room for them. Between counting and timing nothing can be taken
    /// over: there the window begins anew.
    func resized(for settings: BreakerSettings) -> CallWindow {
        var window = CallWindow(settings)
        if let last { window.last?.addAll(of: last) }
        if let recent { window.recent?.addAll(of: recent) }
        return window
    }
}

/// The last so many calls: a bit each, set where the call failed.
private struct LastCalls {
    let capacity: Int
    private var words: [UInt64]
    private var next = 0
    private(set) var calls: Int64 = 0
    private(set) var failures: Int64 = 0

    init(capacity: Int) {
        self.capacity = max(1, capacity)
        words = Array(repeating: 0, count: (self.capacity + 63) / 64)
    }

    mutating func add(failed: Bool) {
        let bit: UInt64 = 1 << UInt64(next % 64)
        if calls < capacity {
            calls += 1
        } else if words[next / 64] & bit != 0 {
            failures -= 1
        }
        if failed {
            words[next / 64] |= bit
            failures += 1
        } else {
            words[next / 64] &= ~bit
        }
        next = next + 1 == capacity ? 0 : next + 1
    }

    mutating func addAll(of other: LastCalls) {
        let oldest = other.next - Int(other.calls) + other.capacity
        for offset in 0..<Int(other.calls) {
            let place = (oldest + offset) % other.capacity
            add(failed: other.words[place / 64] & (1 << UInt64(place % 64)) != 0)
        }
    }
}

/// The calls of the last so many milliseconds, counted in ten slots of time: the oldest slot is dropped as a whole, so
/// the window is up to a tenth shorter than was asked for.
private struct RecentCalls {
    private struct Slot {
        var calls: Int64 = 0
        var failures: Int64 = 0
    }

    private let slotMs: Int64
    private var slots: [Slot]
    /// The number of the newest slot: its time divided by `slotMs`.
    private var newest: Int64 = 0
    private(set) var calls: Int64 = 0
    private(set) var failures: Int64 = 0

    init(windowMs: Int64) {
        slotMs = max(1, (windowMs + 9) / 10)
        slots = Array(repeating: Slot(), count: Int((windowMs + slotMs - 1) / slotMs))
    }

    mutating func advance(to now: Int64) {
        let current = now / slotMs
        guard current > newest else { return }
        for number in max(newest + 1, current - Int64(slots.count) + 1)...current {
            let place = Int(number % Int64(slots.count))
            calls -= slots[place].calls
            failures -= slots[place].failures
            slots[place] = Slot()
        }
        newest = current
    }

    mutating func add(failed: Bool, at now: Int64) {
        advance(to: now)
        add(Slot(calls: 1, failures: failed ? 1 : 0))
    }

    mutating func addAll(of other: RecentCalls) {
        for number in max(0, other.newest - Int64(other.slots.count) + 1)...other.newest {
            advance(to: number * other.slotMs)
            add(other.slots[Int(number % Int64(other.slots.count))])
        }
    }

    private mutating func add(_ slot: Slot) {
        let place = Int(newest % Int64(slots.count))
        slots[place].calls += slot.calls
        slots[place].failures += slot.failures
        calls += slot.calls
        failures += slot.failures
    }
}
