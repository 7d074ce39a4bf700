/// Permits that are tied to an owner beside their time.
struct PermitHolds {
    private var owners: [Int64: Owner] = [:]
    private var permits: [Owner: Set<Int64>] = [:]

    /// Processes that permits are tied to.
    var processes: [ProcessIdentity] { permits.keys.compactMap(\.process) }

    mutating func insert(_ permit: Int64, _ owner: Owner) {
        owners[permit] = owner
        permits[owner, default: []].insert(permit)
    }

    mutating func remove(_ permit: Int64) {
        // Most permits are tied to nobody: nothing is looked up for them while none is.
        guard !owners.isEmpty, let owner = owners.removeValue(forKey: permit) else { return }
        permits[owner]?.remove(permit)
        if permits[owner]?.isEmpty == true { permits[owner] = nil }
    }

    /// What was tied to an owner, in the order in which it was given.
    mutating func removeAll(of owner: Owner) -> [Int64] {
        let removed = permits.removeValue(forKey: owner)?.sorted() ?? []
        for permit in removed { owners[permit] = nil }
        return removed
    }
}
