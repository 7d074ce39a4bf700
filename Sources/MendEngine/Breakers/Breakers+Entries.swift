import MendProtocol

// Breakers come and go.
extension Breakers {
    /// - Parameter uid: who asks for it, where it is not made by hand: a user can only make so many.
    mutating func findOrCreate(_ name: Name, by uid: UInt32? = nil, now: Moment) throws(CallError) -> Entry {
        if let entry = byName[name] { return entry }
        if isFull || isFull(of: uid) { relieve(at: now) }
        try checkRoom(for: uid)
        return insert(name, BreakerMachine(settings(of: name.text), at: now), uid)
    }

    /// A breaker of its own as it is or would be: what becomes of it becomes of no other.
    func scratch(_ name: Name, by uid: UInt32? = nil, now: Moment) throws(CallError) -> Entry {
        let known = byName[name]
        if known == nil { try checkRoom(for: uid) }
        let scratch = Entry(name, known?.machine ?? BreakerMachine(settings(of: name.text), at: now))
        scratch.said = known?.said
        return scratch
    }

    private var isFull: Bool { sorted.count >= maxCount }

    private func isFull(of uid: UInt32?) -> Bool { uid.map { perUser[$0, default: 0] >= maxPerUser } ?? false }

    private func checkRoom(for uid: UInt32?) throws(CallError) {
        if isFull {
            throw CallError(
                .tooLarge, "there are \(sorted.count) breakers, and no more are kept", field: "breaker",
                hint: "use one name a dependency, not one a call; the limit is breaker.max_count of the configuration")
        }
        if let uid, isFull(of: uid) {
            throw CallError(
                .tooLarge, "user \(uid) has made \(maxPerUser) breakers, and no more are kept for one user",
                field: "breaker",
                hint:
                    "use one name a dependency, not one a call; the limit is breaker.max_per_user of the configuration")
        }
    }

    /// Brings back what was written.
    @discardableResult
    mutating func insert(_ snapshot: BreakerSnapshot) -> Entry {
        let said = snapshot.said == Breaker.Configure(breaker: snapshot.breaker) ? nil : snapshot.said
        let settings = settings(of: snapshot.breaker.text, said: said)
        let entry = insert(snapshot.breaker, BreakerMachine(snapshot, settings: settings), snapshot.uid)
        entry.said = said
        entry.hasRow = true
        return entry
    }

    mutating func insert(_ name: Name, _ machine: BreakerMachine, _ uid: UInt32?) -> Entry {
        let entry = Entry(name, machine)
        entry.uid = uid
        if let uid { perUser[uid, default: 0] += 1 }
        byName[name] = entry
        sorted.insert(entry, at: firstIndex(after: name))
        return entry
    }

    func firstIndex(after name: Name) -> Int {
        var low = 0
        var high = sorted.count
        while low < high {
            let middle = (low + high) / 2
            if sorted[middle].name <= name { low = middle + 1 } else { high = middle }
        }
        return low
    }

    /// Forgets a breaker whose permits are not out; it is still in `sorted`.
    private mutating func forget(_ entry: Entry) {
        byName[entry.name] = nil
        guard let uid = entry.uid, let count = perUser[uid] else { return }
        perUser[uid] = count > 1 ? count - 1 : nil
    }

    /// Takes a breaker out, and abandons its permits; answers how many those were.
    mutating func remove(_ entry: Entry) -> Int64 {
        let out = entry.machine.permitsOut
        entry.machine.abandonAll { abandon($0) }
        forget(entry)
        sorted.remove(at: firstIndex(after: entry.name) - 1)
        return Int64(out)
    }

    /// Takes back abandoned permits everywhere, and at the limits forgets the breakers that are at rest: names that are
    /// used once must not keep others out.
    mutating func relieve(at now: Moment) {
        guard now.elapsedMs >= nextReliefAt else { return }
        nextReliefAt = now.elapsedMs + Self.reliefIntervalMs
        for entry in sorted { entry.machine.sweep(at: now) { abandon($0) } }
        let (all, full) = (isFull, Set(perUser.filter { $0.value >= maxPerUser }.keys))
        guard all || !full.isEmpty else { return }
        for entry in sorted where all || entry.uid.map(full.contains) == true {
            guard !entry.isDirty, entry.said == nil, entry.machine.isAtRest(at: now) else { continue }
            forget(entry)
            // Saving what is at rest removes its row.
            if entry.hasRow { markDirty(entry) }
        }
        sorted.removeAll { byName[$0.name] == nil }
    }
}
