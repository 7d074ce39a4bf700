import MendEngine
import MendProtocol
import MendWire

/// What the calls of one batch ask for: what may explain a change in its commit.
struct Asked {
    /// A call for a lease, by its operation and its token.
    struct Token: Hashable {
        let operation: Int64
        let lease: Int64
    }

    /// Payloads of operations, and names of steps.
    private(set) var payloads: Set<String> = []
    private(set) var completed: Set<Token> = []
    private(set) var completedOperations: Set<Int64> = []
    private(set) var failed: Set<Token> = []
    /// Released, snoozed, or returned since the answer could not be written.
    private(set) var givenBack: Set<Token> = []
    private(set) var snoozed: [Token: [Queue.Snooze]] = [:]
    private(set) var cancelled: Set<Int64> = []
    private(set) var replayed: Set<Int64> = []
    private(set) var purged: [Name: Set<OperationState>] = [:]
    private(set) var configured: [Name: [Queue.Configure]] = [:]
    /// Transactions.
    private(set) var committed: Set<Int64> = []
    private(set) var rolledBack: Set<Int64> = []
    /// With the steps that are to be gone back to.
    private(set) var rolledBackTo: [Int64: Set<Int64>] = [:]
    private(set) var confirmed: Set<Int64> = []
    private(set) var resumed: Set<Int64> = []
    private(set) var skipped: Set<Int64> = []
    private(set) var resolved: Set<Int64> = []
    private(set) var ownersEnded: Set<Owner> = []

    mutating func note(_ method: any WriterMethod) {
        switch method {
        case let call as Queue.Enqueue: payloads.insert(call.payload.text)
        case let call as Queue.Complete:
            completed.insert(Token(operation: call.operation, lease: call.lease))
            completedOperations.insert(call.operation)
        case let call as Queue.Fail: failed.insert(Token(operation: call.operation, lease: call.lease))
        case let call as Queue.Release: givenBack.insert(Token(operation: call.operation, lease: call.lease))
        case let call as Queue.Snooze:
            givenBack.insert(Token(operation: call.operation, lease: call.lease))
            snoozed[Token(operation: call.operation, lease: call.lease), default: []].append(call)
        case let call as Queue.Cancel: cancelled.insert(call.operation)
        case let call as Queue.Replay: if let operation = call.operation { replayed.insert(operation) }
        case let call as Queue.Purge:
            purged[call.queue, default: []].formUnion(call.states ?? [.done, .dead, .cancelled, .expired])
        case let call as Queue.Configure: configured[call.queue, default: []].append(call)
        default: noteTransaction(method)
        }
    }

    private mutating func noteTransaction(_ method: any WriterMethod) {
        switch method {
        case let call as Transaction.Step: payloads.insert(call.stepName)
        case let call as Transaction.Confirm: confirmed.insert(call.transaction)
        case let call as Transaction.Commit: committed.insert(call.transaction)
        case let call as Transaction.Rollback:
            if let toStep = call.toStep {
                rolledBackTo[call.transaction, default: []].insert(toStep)
            } else {
                rolledBack.insert(call.transaction)
            }
        case let call as Transaction.Resume: resumed.insert(call.transaction)
        case let call as Transaction.Skip: skipped.insert(call.transaction)
        case let call as Transaction.Resolve: resolved.insert(call.transaction)
        default: break
        }
    }

    mutating func noteReturn(of operation: Int64, lease: Int64) {
        givenBack.insert(Token(operation: operation, lease: lease))
    }

    mutating func noteEnd(of owner: Owner) { ownersEnded.insert(owner) }
}
