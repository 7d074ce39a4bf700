/// What must hold after each step, whatever clients do, however long things take, and wherever it crashes.
package enum Invariant: String, CaseIterable, Sendable {
    /// What was acknowledged is there, in a state that the calls explain.
    case nothingLost = "nothing lost"
    /// Nothing comes out that nobody put in.
    case nothingInvented = "nothing invented"
    /// What was acknowledged as done is not handed out again.
    case notDoneAgain = "done once"
    /// No operation is leased twice without an end of the lease in between.
    case leasedOnce = "leased once"
    /// A lease that has not ended is honoured.
    case leaseKept = "lease kept"
    /// Fencing tokens only grow.
    case tokensGrow = "tokens grow"
    /// Nobody acts on what belongs to another user.
    case ownership = "ownership"
    /// Queues and breakers keep their limits.
    case limitsHeld = "limits held"
    /// Breakers go from state to state as they may.
    case breakerLegal = "breaker legal"
    /// A permit that is not given back frees its half-open slot.
    case noLeakedSlot = "no leaked slot"
    /// Undos run last first.
    case undosLastFirst = "undos last first"
    /// Every undo of a transaction that is rolled back was done.
    case undoneAtLeastOnce = "undone at least once"
    /// The journal's numbers have no gap.
    case journalWithoutGaps = "journal without gaps"
    /// What is notable is told by the journal.
    case journalTells = "journal tells"
    /// Nothing changes but by a call, by the clock or by an end that explains it.
    case changesExplained = "changes explained"
    /// What is due happens, and nothing before its time.
    case onTime = "on time"
    /// Operations of a lane run one at a time, in their order.
    case lanesInOrder = "lanes in order"
    /// At most one live operation has a key.
    case keyUnique = "key unique"
    /// What has expired is not handed out any more.
    case expiredStays = "expired stays"
    /// Only a worker spends an attempt: no restart, no snooze, no answer that could not be written.
    case attemptsFair = "attempts fair"
    /// An operation that loses its workers is set aside, neither earlier nor later.
    case poisonSetAside = "poison set aside"
    /// The end of an owner, or of the time that it had to come back, ends what it held.
    case holdsEnd = "holds end"
    /// The end of a lease that is said again is answered as it was.
    case saidAgain = "said again"
    /// A call that is said again with its key acts once.
    case keyedOnce = "keyed once"
    /// Transactions go from state to state as they may.
    case transactionLegal = "transaction legal"
    /// Only resume, skip and resolve change an undo.
    case undosExempt = "undos exempt"
    /// An undo that used up its attempts parks or is passed over, as its step says.
    case undosStop = "undos stop"
    /// The undo of a step that may be under way waits.
    case stepGrace = "step grace"
    /// A rollback to a step leaves the steps up to it alone.
    case savepointHeld = "savepoint held"
    /// Counts say what the tables hold.
    case countsAgree = "counts agree"
    /// Every call is answered, and none by the daemon's own fault.
    case answered = "answered"
}

/// An invariant that was broken, and when.
package struct Violation: Error, CustomStringConvertible {
    package let invariant: Invariant
    package let message: String

    package init(_ invariant: Invariant, _ message: String) {
        self.invariant = invariant
        self.message = message
    }

    package var description: String { "\(invariant.rawValue): \(message)" }
}

func require(_ condition: Bool, _ invariant: Invariant, _ message: @autoclosure () -> String) throws {
    if !condition { throw Violation(invariant, message()) }
}
