import MendEngine
import MendProtocol

/// What clients know of their transactions.
final class TransactionModel {
    static let queue = Name(unchecked: "undos")
    /// Of the policy `standard`, which undos have.
    static let undoAttempts: Int64 = 5

    /// What was asked for with `begin`.
    final class Begun {
        let name: Name
        let uid: UInt32
        let owner: Owner?
        let timeoutMs: Int64
        let onDeadline: MendProtocol.Transaction.Begin.OnDeadline
        let stepGraceMs: Int64

        init(
            name: Name, uid: UInt32, owner: Owner?, timeoutMs: Int64,
            onDeadline: MendProtocol.Transaction.Begin.OnDeadline, stepGraceMs: Int64
        ) {
            self.name = name
            self.uid = uid
            self.owner = owner
            self.timeoutMs = timeoutMs
            self.onDeadline = onDeadline
            self.stepGraceMs = stepGraceMs
        }
    }

    final class Step {
        let nonce: Int64
        let hasUndo: Bool
        let onExhausted: MendProtocol.Transaction.Undo.OnExhausted?
        /// Nothing as long as its number was not told.
        var number: Int64?
        var wasUndone = false
        var mayBeUndone = false

        init(nonce: Int64, hasUndo: Bool, onExhausted: MendProtocol.Transaction.Undo.OnExhausted?) {
            self.nonce = nonce
            self.hasUndo = hasUndo
            self.onExhausted = onExhausted
        }
    }

    final class Transaction {
        let id: Int64
        let begun: Begun
        var steps: [Step] = []
        /// A commit was sent: whether it was done may not be known.
        var commitSent = false
        var commitTold = false
        /// A rollback was asked for, its deadline may have passed, or its owner has ended.
        var mayRollBack = false
        let deadlineMs: Int64

        init(id: Int64, _ begun: Begun, deadlineMs: Int64) {
            self.id = id
            self.begun = begun
            self.deadlineMs = deadlineMs
        }

        var uid: UInt32 { begun.uid }
        var isOpen: Bool { !commitSent && !mayRollBack }
    }

    /// An undo in a worker's hands.
    struct Undoing {
        let operation: Int64
        let lease: Int64
        let uid: UInt32
        let transaction: Transaction
        let nonce: Int64
    }

    private(set) var all: [Transaction] = []
    private(set) var byName: [String: Begun] = [:]
    private(set) var stepsByNonce: [Int64: Step] = [:]
    private var byID: [Int64: Transaction] = [:]
    var undoings: [Undoing] = []
    private var nonces: Int64 = 1_000_000

    func newName() -> Name { Name(unchecked: "t-\(byName.count + 1)") }

    func asked(_ begun: Begun) { byName[begun.name.text] = begun }

    func began(_ id: Int64, _ begun: Begun, deadlineMs: Int64) {
        let transaction = Transaction(id: id, begun, deadlineMs: deadlineMs)
        all.append(transaction)
        byID[id] = transaction
    }

    func newStep(hasUndo: Bool, onExhausted: MendProtocol.Transaction.Undo.OnExhausted?) -> Step {
        nonces += 1
        let step = Step(nonce: nonces, hasUndo: hasUndo, onExhausted: onExhausted)
        stepsByNonce[nonces] = step
        return step
    }

    func leased(_ leased: Leased, nonce: Int64, uid: UInt32) throws {
        guard let id = leased.transaction, let number = leased.step, let transaction = byID[id] else {
            // Its begin was never told: nothing is known of its steps.
            return
        }
        try require(
            !transaction.commitTold, .nothingInvented, "transaction \(id) is committed, and step \(number) is undone")
        if let step = transaction.steps.first(where: { $0.number == number }) {
            try require(
                step.nonce == nonce, .undosLastFirst, "the undo of step \(number) of transaction \(id) is another's")
            try require(!step.wasUndone, .notDoneAgain, "step \(number) of transaction \(id) was undone already")
        }
        transaction.mayRollBack = true
        undoings.append(
            Undoing(operation: leased.operation, lease: leased.lease, uid: uid, transaction: transaction, nonce: nonce))
    }

    func undone(_ undoing: Undoing, surely: Bool) {
        // Its number may not have been told yet.
        let step = stepsByNonce[undoing.nonce]
        if surely { step?.wasUndone = true } else { step?.mayBeUndone = true }
    }

    func ownerEnds(_ owner: Owner) {
        for transaction in all where transaction.begun.owner == owner { transaction.mayRollBack = true }
    }

    /// Orphans are given up after the time of grace.
    func restarted() {
        for transaction in all where transaction.begun.owner != nil { transaction.mayRollBack = true }
    }
}
