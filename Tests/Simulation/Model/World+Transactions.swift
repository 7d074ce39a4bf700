import MendEngine
import MendProtocol
import MendWire

extension World {
    func begin() {
        let connection = anyConnection()
        let timeoutMs = number(1_000...600_000)
        let owner = chance(30) ? connection.owner : nil
        send(
            Transaction.Begin(name: Name(unchecked: "t"), timeoutMs: PositiveMilliseconds(unchecked: timeoutMs)),
            from: connection, owner: owner
        ) { [weak self] told in
            guard let self, case .success(let answer) = told else { return }
            _ = transactions.began(
                answer.transaction, uid: connection.caller.uid, owner: owner, deadlineMs: now.elapsedMs + timeoutMs)
        }
    }

    func stepTransaction() {
        guard let transaction = pick(transactions.all.suffix(8)) else { return }
        let step = transactions.newStep(hasUndo: chance(85))
        let undo = Transaction.Undo(queue: TransactionModel.queue, payload: RawJSON(unchecked: "\(step.nonce)"))
        send(
            Transaction.Step(transaction: transaction.id, name: "s", undo: step.hasUndo ? undo : nil),
            from: connection(of: transaction.uid)
        ) { [weak self] told in
            switch told {
            case .success(let answer):
                try require(!transaction.commitTold, .nothingLost, "a committed transaction took a step")
                try require(
                    transaction.undoing == nil, .undosLastFirst,
                    "transaction \(transaction.id) took a step in its rollback")
                step.number = answer.step
                transaction.steps.append(step)
            case .failure: try self?.checkMayHaveEnded(transaction)
            // It may have been recorded: nothing is known of its number.
            case nil: break
            }
        }
    }

    func confirm() {
        guard let transaction = pick(transactions.all.suffix(8)), let step = pick(transaction.steps)?.number else {
            return
        }
        send(
            Transaction.Confirm(transaction: transaction.id, step: step), from: connection(of: transaction.uid)
        ) { [weak self] told in
            if case .failure = told { try self?.checkMayHaveEnded(transaction) }
        }
    }

    func endTransaction() {
        guard let transaction = pick(transactions.all.suffix(8)) else { return }
        let connection = connection(of: transaction.uid)
        if chance(40) {
            transaction.commitSent = true
            send(Transaction.Commit(transaction: transaction.id), from: connection) { [weak self] told in
                switch told {
                case .success:
                    try require(
                        transaction.undoing == nil, .undosLastFirst,
                        "transaction \(transaction.id) was committed in its rollback")
                    transaction.commitTold = true
                case .failure: try self?.checkMayHaveEnded(transaction)
                case nil: break
                }
            }
        } else {
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

    func endUndo() {
        guard !transactions.undoings.isEmpty else { return }
        let undoing = transactions.undoings.remove(at: Int(number(0...Int64(transactions.undoings.count - 1))))
        let connection = connection(of: undoing.uid)
        switch number(0...9) {
        case 0...6:
            send(Queue.Complete(operation: undoing.operation, lease: undoing.lease), from: connection) {
                [transactions] told in
                switch told {
                case .success: transactions.undone(undoing, surely: true)
                case .failure: break
                case nil: transactions.undone(undoing, surely: false)
                }
            }
        case 7...8:
            var error = Errors.Report(message: "the undo did not work")
            error.category = .transient
            send(Queue.Fail(operation: undoing.operation, lease: undoing.lease, error: error), from: connection) { _ in
            }
        default:
            // The worker is not heard of again.
            break
        }
    }
}
