import DequeModule

/// The order of answers on one connection: that of the requests, whenever each answer is ready.
struct ReplyOrder {
    private enum Slot {
        case waiting
        /// A line with its LF; empty for a notification.
        case ready([UInt8])
    }

    private var slots: Deque<Slot> = []
    /// The number of the first slot.
    private var first: UInt64 = 0

    /// Whether an answer is missing.
    var isWaiting: Bool { !slots.isEmpty }

    /// Whether the answer of that place has gone out.
    func hasPassed(_ slot: UInt64) -> Bool { slot < first }

    /// Takes the next place.
    mutating func open() -> UInt64 {
        slots.append(.waiting)
        return first + UInt64(slots.count - 1)
    }

    /// Puts a line in its place, and moves what can go now to `out`.
    mutating func settle(_ slot: UInt64, _ line: [UInt8], into out: inout [UInt8]) {
        guard slot == first else {
            slots[Int(slot - first)] = .ready(line)
            return
        }
        out += line
        slots.removeFirst()
        first += 1
        while case .ready(let next)? = slots.first {
            out += next
            slots.removeFirst()
            first += 1
        }
    }
}
