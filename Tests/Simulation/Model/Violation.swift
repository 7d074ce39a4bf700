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
