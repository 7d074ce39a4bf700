import MendEngine
import MendProtocol
import MendWire

extension World {
    func begin() {
        let connection = anyConnection()
        let begun = TransactionModel.Begun(
            name: transactions.newName(), uid: connection.caller.uid,
            owner: chance(40) ? someOwner(of: connection) : nil,
            timeoutMs: number(1_000...600_000), onDeadline: chance(15) ? .park : .rollback,
            stepGraceMs: chance(50) ? number(0...100_000) : 30_000)
        transactions.asked(begun)
        let call = Transaction.Begin(
            name: begun.name, timeoutMs: PositiveMilliseconds(unchecked: begun.timeoutMs),
            onDeadline: begun.onDeadline, stepGraceMs: Milliseconds(unchecked: begun.stepGraceMs))
        sendOnce(call, from: connection, owner: begun.owner) { [weak self] told in
            guard let self, case .success(let answer) = told else { return }
            // It may have begun earlier, by a call whose answer was lost.
            let deadlineMs = history.transactions.deadlineMs(of: answer.transaction) ?? .min
            transactions.began(answer.transaction, begun, deadlineMs: deadlineMs)
            if !isAlive(begun.owner) { begun.owner.map(transactions.ownerEnds) }
        }
    }

    private func someTransaction() -> TransactionModel.Transaction? { pick(transactions.all.suffix(8)) }

    func stepTransaction() {
        guard let transaction = someTransaction() else { return }
        let step = transactions.newStep(
            hasUndo: chance(85), onExhausted: chance(40) ? (chance(50) ? .skip : .park) : nil)
        let undo = Transaction.Undo(
            queue: TransactionModel.queue, payload: RawJSON(unchecked: "\(step.nonce)"), onExhausted: step.onExhausted)
        sendOnce(
            Transaction.Step(transaction: transaction.id, name: "\(step.nonce)", undo: step.hasUndo ? undo : nil),
            from: connection(of: transaction.uid)
        ) { [weak self] told in
            switch told {
            case .success(let answer):
                step.number = answer.step
                transaction.steps.append(step)
            case .failure: try self?.checkMayHaveEnded(transaction)
            // It may have been recorded: nothing is known of its number.
            case nil: break
            }
        }
    }

    func confirm() {
        guard let transaction = someTransaction(), let step = pick(transaction.steps)?.number else { return }
        send(
            Transaction.Confirm(transaction: transaction.id, step: step), from: connection(of: transaction.uid)
        ) { [weak self] told in
            if case .failure = told { try self?.checkMayHaveEnded(transaction) }
        }
    }

    func endTransaction() {
        guard let transaction = someTransaction() else { return }
        let connection = connection(of: transaction.uid)
        switch number(0...9) {
        case 0...3:
            transaction.commitSent = true
            send(Transaction.Commit(transaction: transaction.id), from: connection) { [weak self] told in
                switch told {
                case .success: transaction.commitTold = true
                case .failure: try self?.checkMayHaveEnded(transaction)
                case nil: break
                }
            }
        case 4...6:
            transaction.mayRollBack = true
            let toStep = number(0...Int64(transaction.steps.count))
            send(Transaction.Rollback(transaction: transaction.id, toStep: toStep), from: connection) { _ in }
        default:
            transaction.mayRollBack = true
            send(Transaction.Rollback(transaction: transaction.id), from: connection) { told in
                guard case .failure(let error) = told else { return }
                try require(
                    transaction.commitSent, .nothingLost,
                    "transaction \(transaction.id) cannot be rolled back: \(error.message)")
            }
        }
    }

    /// An open transaction takes what its owner says.
    private func checkMayHaveEnded(_ transaction: TransactionModel.Transaction) throws {
        let isOpen = transaction.isOpen && transaction.deadlineMs > now.elapsedMs
        try require(!isOpen, .nothingLost, "transaction \(transaction.id) is open, and refused its owner")
    }

    /// What a person does about a rollback that does not go on.
    func repairTransaction() {
        guard let transaction = someTransaction() else { return }
        let id = transaction.id
        switch number(0...5) {
        case 0...3: send(Transaction.Resume(transaction: id), from: connection(of: transaction.uid)) { _ in }
        case 4: send(Transaction.Skip(transaction: id), from: anyConnection(), as: Self.root) { _ in }
        default:
            send(Transaction.Resolve(transaction: id, reason: "by hand"), from: anyConnection(), as: Self.root) { _ in }
        }
    }

    func endUndo() {
        guard !transactions.undoings.isEmpty else { return }
        let undoing = transactions.undoings.remove(at: Int(number(0...Int64(transactions.undoings.count - 1))))
        let connection = connection(of: undoing.uid)
        let (operation, lease) = (undoing.operation, undoing.lease)
        switch number(0...9) {
        case 0...5:
            send(Queue.Complete(operation: operation, lease: lease), from: connection) { [transactions] told in
                switch told {
                case .success: transactions.undone(undoing, surely: true)
                case .failure: break
                case nil: transactions.undone(undoing, surely: false)
                }
            }
        case 6...7:
            var error = Errors.Report(message: "the undo did not work")
            error.category = chance(50) ? .transient : .validation
            send(Queue.Fail(operation: operation, lease: lease, error: error), from: connection) { _ in }
        case 8:
            let call = Queue.Snooze(
                operation: operation, lease: lease, delayMs: Milliseconds(unchecked: number(0...9_000)))
            send(call, from: connection) { _ in }
        default:
            // The worker is not heard of again.
            break
        }
    }

    /// Somebody tries what nobody may do to an undo.
    func meddleWithUndo() {
        guard let undoing = pick(transactions.undoings.suffix(8)) else { return }
        func refused<Answer>(_ told: Result<Answer, CallError>?) throws {
            guard case .success = told else { return }
            throw Violation(.undosExempt, "undo \(undoing.operation) was changed by a call of the queue")
        }
        if chance(50) {
            send(Queue.Cancel(operation: undoing.operation), from: anyConnection(), as: Self.root, told: refused)
        } else {
            send(Queue.Replay(operation: undoing.operation), from: anyConnection(), as: Self.root, told: refused)
        }
    }
}
