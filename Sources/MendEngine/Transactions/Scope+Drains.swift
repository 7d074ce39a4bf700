import GRDB
import MendProtocol

/// Undos need somebody who takes them. A queue of which nobody ever did is warned of, and an undo that nobody takes is
/// reported.
extension Scope {
    private static let checkMs: Int64 = 60_000
    private static let reportAgainMs: Int64 = 3_600_000

    /// Somebody asks for the operations of a queue. That of a user's undos is made for it, so that this is not forgotten
    /// before the first one comes.
    func noteConsumer(of queue: Name) throws {
        let record = try queue.ownerOfUndos.map { try queueForUndo(queue, uid: $0) } ?? self.queue(queue)
        record?.noteConsumer(now: now)
    }

    /// What to tell whoever relies on a queue of undos of which nobody has ever taken one.
    func warning(ofUndosOn queue: Name) throws -> String? {
        guard try self.queue(queue)?.consumerSeenMs == nil, engine.waiters.first(on: queue) == nil else { return nil }
        return "nobody has ever taken anything from the queue \(queue); undos on it do not run before somebody does"
    }

    /// Looks again in a minute whether somebody takes the undo that was just put on its queue.
    func watchDrain(of transaction: TransactionRow) -> TransactionRow {
        var transaction = transaction
        transaction.drainCheckMs = now.elapsedMs + Self.checkMs
        return transaction
    }

    /// A rollback whose undo nobody takes is told of, and again every hour.
    func checkDrain(of transaction: TransactionRow) throws {
        var transaction = watchDrain(of: transaction)
        if let undo = try undoUnderWay(of: transaction.id), let operation = try knownOperation(undo.operation),
            operation.state == .ready
        {
            let queue = try queue(id: operation.queue)
            let isDrained = (queue.consumerSeenMs ?? .min / 2) > now.elapsedMs - Self.checkMs
            if !isDrained, engine.waiters.first(on: queue.name) == nil {
                let message =
                    "the undo of step \(undo.step) of transaction \(transaction.id) waits on the queue \(queue.name), "
                    + "from which nobody has taken anything for a minute"
                try journal(.transactionUndrained, transaction, message)
                try report("process.transaction_undrained", of: transaction, message)
                transaction.drainCheckMs = now.elapsedMs + Self.reportAgainMs
            }
        }
        try save(transaction)
    }
}
