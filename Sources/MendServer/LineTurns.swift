/// Whose lines an event loop handles next. As long as users need little of its time, each line is handled as it comes; of
/// who needs more, the connections get in line, and users take turns.
struct LineTurns<Item> {
    /// How far ahead of their share users may be, in nanoseconds.
    static var burst: UInt64 { 4_000_000 }
    /// How long a turn is. A line that has begun is handled to its end.
    static var turn: UInt64 { 1_000_000 }

    private var line = Turns<Item>()
    /// Until when what a user has had of the loop is half of its time.
    private var paidUntil: [UInt32: UInt64] = [:]

    var isEmpty: Bool { line.isEmpty }

    /// Whether lines of a user are handled as they come.
    func mayBegin(_ user: UInt32, at now: UInt64) -> Bool { paidUntil[user, default: 0] <= now + Self.burst }

    /// Counts what a user had of the loop.
    mutating func ended(_ user: UInt32, from began: UInt64, to now: UInt64) {
        paidUntil[user] = max(paidUntil[user, default: 0], began) + 2 * (now - began)
    }

    mutating func add(_ item: Item, of user: UInt32) { line.add(item, of: user) }

    mutating func next() -> Item? { line.next() }

    /// Forgets a user who has no connection any more.
    mutating func forget(_ user: UInt32) { paidUntil[user] = nil }
}
