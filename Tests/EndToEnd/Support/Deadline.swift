import Glibc

/// Something of the operating system that did not work, or did not happen in time.
struct Failure: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) { self.description = description }

    /// What `errno` says.
    static func system(_ what: String) -> Failure { Failure("\(what): \(String(cString: strerror(errno)))") }
}

/// The time until which something must have happened. It is generous: it only ends tests that would hang.
struct Deadline {
    private let end = ContinuousClock.now + .seconds(30)

    private var leftMs: Int32 {
        let left = (end - .now).components
        return Int32(max(0, left.seconds * 1000 + left.attoseconds / 1_000_000_000_000_000))
    }

    var isOver: Bool { leftMs == 0 }

    /// Blocks until one of the descriptors is ready for what is asked of it.
    func wait(for descriptors: inout [pollfd], _ what: String) throws {
        while true {
            let count = poll(&descriptors, nfds_t(descriptors.count), leftMs)
            if count > 0 { return }
            if count == 0 { throw Failure("\(what): it took too long") }
            guard errno == EINTR else { throw Failure.system(what) }
        }
    }

    func wait(for descriptor: Int32, _ events: Int32, _ what: String) throws {
        var one = [pollfd(fd: descriptor, events: Int16(events), revents: 0)]
        try wait(for: &one, what)
    }
}

/// A seeded generator (SplitMix64), so that a run can be repeated.
struct SeededGenerator: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}
