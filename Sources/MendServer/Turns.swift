import DequeModule

/// Lines of what waits, one a user, whose heads are taken in turn: whoever has many in line holds up nobody else.
///
/// What one user put in line comes out in that order.
struct Turns<Item> {
    private var lines: [UInt32: Deque<Item>] = [:]
    /// Users with somebody in line, the next one first.
    private var users: Deque<UInt32> = []
    private(set) var count = 0

    var isEmpty: Bool { count == 0 }

    mutating func add(_ item: Item, of user: UInt32) {
        if lines[user]?.append(item) == nil {
            lines[user] = [item]
            users.append(user)
        }
        count += 1
    }

    /// Puts an item back before those of its user that are in line.
    mutating func putBack(_ item: Item, of user: UInt32) {
        if lines[user]?.prepend(item) == nil {
            lines[user] = [item]
            users.append(user)
        }
        count += 1
    }

    /// The head of the next user's line.
    mutating func next() -> Item? {
        guard let user = users.popFirst(), let item = lines[user]?.popFirst() else { return nil }
        if lines[user]?.isEmpty == true { lines[user] = nil } else { users.append(user) }
        count -= 1
        return item
    }
}
