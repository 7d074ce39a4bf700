/// What is tied to whom: leases and transactions whose owner's end ends them.
///
/// Shared memory of the writer's thread: what changes here is undone through `Engine.onRollback`, so that a batch does
/// not copy all of it.
final class HoldTable {
    enum Held: Hashable {
        case lease(operation: Int64, lease: Int64)
        case transaction(Int64)
    }

    private var byOwner: [Owner: Set<Held>] = [:]
    private var owners: [Held: Owner] = [:]
    /// What was tied to a connection of an earlier run of the daemon, and has not been presented again.
    private(set) var orphans: Set<Held> = []

    func owner(of held: Held) -> Owner? { owners[held] }

    /// Whether its owner lives, or may come back after a restart.
    func isTied(_ held: Held) -> Bool { owners[held] != nil || orphans.contains(held) }

    func held(by owner: Owner) -> Set<Held> { byOwner[owner] ?? [] }

    /// Processes that something is tied to.
    var processes: [ProcessIdentity] { byOwner.keys.compactMap(\.process) }

    func insert(_ held: Held, _ owner: Owner) {
        owners[held] = owner
        byOwner[owner, default: []].insert(held)
    }

    func remove(_ held: Held) {
        guard let owner = owners.removeValue(forKey: held) else { return }
        byOwner[owner]?.remove(held)
        if byOwner[owner]?.isEmpty == true { byOwner[owner] = nil }
    }

    func orphan(_ held: Held) { orphans.insert(held) }

    /// Whether it was an orphan; it no longer is.
    func adopt(_ held: Held) -> Bool { orphans.remove(held) != nil }
}
