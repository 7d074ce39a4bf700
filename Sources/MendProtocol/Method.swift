import MendWire

/// One method of the wire: the type is its parameters, `Answer` its result.
///
/// Members are plain `Codable`; an optional member may be left out. Points in time are integer Unix milliseconds and
/// end in `_at`, durations are integer milliseconds and end in `_ms`.
public protocol Method: Codable, Sendable {
    associatedtype Answer: Codable & Sendable

    /// The name on the wire, such as `queue.enqueue`.
    static var name: String { get }
    /// One sentence for people: what a call does.
    static var summary: String { get }
    /// The least role that may call it.
    static var role: Role { get }
}

/// What a caller may do, by the kernel's word on who it is. Each role may do what the ones before it may.
public enum Role: String, WireEnum, Comparable {
    /// Reads.
    case observer
    /// Reports, enqueues, leases, acquires, begins: uses Mend, on what belongs to its own user.
    case client
    /// Repairs: forces, resets, pauses, configures; acts on what belongs to any user.
    case `operator`

    public static func < (left: Role, right: Role) -> Bool { left.rank < right.rank }

    private var rank: Int {
        switch self {
        case .observer: 0
        case .client: 1
        case .operator: 2
        }
    }
}
