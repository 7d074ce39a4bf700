import MendEngine
import MendProtocol

/// What clients know of their transactions.
final class TransactionModel {
    static let queue = Name(unchecked: "undos")

    final class Step {
        let nonce: Int64
        let hasUndo: Bool
        /// Nothing as long as its number was not told.
        var number: Int64?
        var wasUndone = false
        var mayBeUndone = false

        init(nonce: Int64, hasUndo: Bool) {
            self.nonce = nonce
            self.hasUndo = hasUndo
        }
    }

    final class Transaction {
        let id: Int64
        let uid: UInt32
        var owner: Owner?
        var steps: [Step] = []
        /// A commit or a rollback was sent: whether it was done may not be known.
        var commitSent = false
        var commitTold = false
        /// A rollback was asked for, its deadline may have passed, or its owner has ended.
        var mayRollBack = false
        let deadlineMs: Int64
        /// The undo that was handed out last, by its step.
        var undoing: Int64?

        init(id: Int64, uid: UInt32, owner: Owner?, deadlineMs: Int64) {
            self.id = id
            self.uid = uid
            self.owner = owner
            self.deadlineMs = deadlineMs
        }

        var isOpen: Bool { !commitSent && !mayRollBack }
    }

    /// An undo in a worker's hands.
    struct Undoing {
        let operation: Int64
        let lease: Int64
        let uid: UInt32
        let transaction: Transaction
        let step: Int64
    }

    private(set) var all: [Transaction] = []
    private var byID: [Int64: Transaction] = [:]
    var undoings: [Undoing] = []
    private var nonces: Int64 = 1_000_000

    func began(_ id: Int64, uid: UInt32, owner: Owner?, deadlineMs: Int64) -> Transaction {
        let transaction = Transaction(id: id, uid: uid, owner: owner, deadlineMs: deadlineMs)
        all.append(transaction)
        byID[id] = transaction
        return transaction
    }

    func newStep(hasUndo: Bool) -> Step {
        nonces += 1
        return Step(nonce: nonces, hasUndo: hasUndo)
    }

    func leased(_ leased: Leased, nonce: Int64, uid: UInt32, owner: Owner?, untilMs: Int64) throws {
        guard let id = leased.transaction, let number = leased.step, let transaction = byID[id] else {
            // Its begin was never told: nothing is known of its steps.
            return
        }
        try require(
            !transaction.commitTold, .nothingInvented, "transaction \(id) is committed, and step \(number) is undone")
        let step = transaction.steps.first { $0.number == number }
        if let step {
            try require(
                step.nonce == nonce, .undosLastFirst, "the undo of step \(number) of transaction \(id) is another's")
            try require(!step.wasUndone, .notDoneAgain, "step \(number) of transaction \(id) was undone already")
        }
        if let last = transaction.undoing {
            try require(
                number <= last, .undosLastFirst, "transaction \(id): step \(number) is undone after step \(last)")
        }
        for later in transaction.steps {
            guard let other = later.number, other > number, later.hasUndo else { continue }
            try require(
                later.wasUndone || later.mayBeUndone, .undosLastFirst,
                "transaction \(id): step \(number) is undone before step \(other)")
        }
        transaction.undoing = number
        transaction.mayRollBack = true
        undoings.append(
            Undoing(operation: leased.operation, lease: leased.lease, uid: uid, transaction: transaction, step: number))
    }

    func undone(_ undoing: Undoing, surely: Bool) {
        for step in undoing.transaction.steps where step.number == undoing.step {
            if surely { step.wasUndone = true } else { step.mayBeUndone = true }
        }
    }

    func ownerEnds(_ owner: Owner) {
        for transaction in all where transaction.owner == owner { transaction.mayRollBack = true }
    }

    /// Orphans are given up after the time of grace.
    func restarted() {
        for transaction in all where transaction.owner != nil { transaction.mayRollBack = true }
    }
}
