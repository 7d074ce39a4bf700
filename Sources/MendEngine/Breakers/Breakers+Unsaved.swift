import MendProtocol

/// One change of a breaker's state.
package struct BreakerTransition: Hashable, Sendable {
    package let breaker: Name
    package let from: BreakerState
    package let to: BreakerState
    let at: Moment
    /// Of an opening: when the next call is let through to try. Wall milliseconds.
    let retryAt: Int64?
    let cause: String?
    /// Who did it by hand.
    let caller: Caller?
    /// Counts up within one breaker.
    let number: Int
}

/// What was taken from the table to be written: all of it in one commit.
package struct UnsavedBreakers: Hashable, Sendable {
    /// The breakers that changed, as they are now.
    package let snapshots: [BreakerSnapshot]
    /// All that became of them, in order, but for the oldest where there were too many.
    package let transitions: [BreakerTransition]
    package let transitionsLost: Int64
}

extension Breakers {
    /// Transitions that can wait to be written; more only gather where the disk is full.
    static let maxTransitions = 10_000

    /// Whether something waits to be written.
    var hasUnsaved: Bool { !dirty.isEmpty }

    /// Whether a reason to write has come up since this was last asked.
    mutating func takePersistWish() -> Bool {
        defer { wishesPersist = false }
        return wishesPersist
    }

    mutating func takeUnsaved() -> UnsavedBreakers {
        let unsaved = UnsavedBreakers(
            snapshots: dirty.map { entry in
                entry.isDirty = false
                return entry.machine.snapshot(of: entry.name, said: entry.said, uid: entry.uid)
            }, transitions: transitions, transitionsLost: transitionsLost)
        dirty.removeAll(keepingCapacity: true)
        transitions.removeAll()
        transitionsLost = 0
        return unsaved
    }

    /// Takes back what was taken to be written and was not; what was forgotten meanwhile comes back as it was.
    mutating func giveBack(_ unsaved: UnsavedBreakers) {
        for snapshot in unsaved.snapshots {
            markDirty(byName[snapshot.breaker] ?? insert(snapshot))
        }
        transitions.insert(contentsOf: unsaved.transitions, at: 0)
        transitionsLost += unsaved.transitionsLost
        boundTransitions()
    }

    /// - Parameter isWanted: whether somebody has to be asked to write it: whoever changes it by hand writes it, too.
    mutating func markDirty(_ entry: Entry, isWanted: Bool = true) {
        guard !entry.isDirty else { return }
        entry.isDirty = true
        entry.hasRow = true
        if isWanted, dirty.isEmpty { wishesPersist = true }
        dirty.append(entry)
    }

    mutating func noteTransition(
        of entry: Entry, from state: BreakerState, at now: Moment, because cause: String? = nil,
        by caller: Caller? = nil
    ) {
        let machine = entry.machine
        transitions.append(
            BreakerTransition(
                breaker: entry.name, from: state, to: machine.state, at: now,
                retryAt: machine.retryAt.map { now.wall(atElapsed: $0) }, cause: cause ?? machine.cause, caller: caller,
                number: machine.transitions))
        boundTransitions()
        markDirty(entry, isWanted: caller == nil)
    }

    private mutating func boundTransitions() {
        let excess = transitions.count - Self.maxTransitions
        guard excess > 0 else { return }
        transitions.removeFirst(excess)
        transitionsLost += Int64(excess)
    }

    /// Takes back a change by hand that could not be made durable, and with it transition `number` if it made one.
    /// Where nothing has become of the breaker since, nobody is told of it at all; else all stays told, and so does the
    /// way back.
    mutating func undo(
        _ name: Name, to previous: BreakerMachine, said: Breaker.Configure?, transition number: Int?, at now: Moment
    ) {
        let entry = byName[name] ?? insert(name, previous, nil)
        entry.said = said
        let state = entry.machine.state
        entry.machine.restore(previous)
        if let last = transitions.lastIndex(where: { $0.breaker == name }), transitions[last].number == number {
            transitions.remove(at: last)
        } else if state != previous.state {
            noteTransition(of: entry, from: state, at: now, because: "a change by hand could not be kept")
        }
    }

    /// The end of the permits with another block, where half of the last one is used.
    mutating func extendPermits() -> Int64? {
        guard nextPermit >= permitsEnd - permitBlock / 2 else { return nil }
        permitsEnd += permitBlock
        return permitsEnd
    }

    /// Takes back an extension that could not be made durable.
    mutating func shrinkPermits() {
        permitsEnd -= permitBlock
        wishesPersist = true
    }
}
