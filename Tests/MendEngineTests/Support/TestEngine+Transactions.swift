import GRDB
import MendProtocol
import MendWire
import Testing

@testable import MendEngine

/// The calls of the transaction family as tests say them.
extension TestEngine {
    func begin(
        timeoutMs: Int64? = nil, onDeadline: Transaction.Begin.OnDeadline? = nil, stepGraceMs: Int64? = nil,
        as caller: Caller = .ada, owner: Owner? = nil
    ) throws -> Int64 {
        try call(
            Transaction.Begin(
                name: .deploy, timeoutMs: timeoutMs.map(PositiveMilliseconds.init(unchecked:)),
                onDeadline: onDeadline, stepGraceMs: stepGraceMs.map(Milliseconds.init(unchecked:))),
            as: caller, owner: owner
        ).transaction
    }

    /// Writes a step down whose undo goes to `undo`; one without an undo where that is nothing.
    @discardableResult
    func step(
        _ transaction: Int64, undo: Name? = .undos, _ payload: RawJSON = "null", policy: PolicyChoice? = nil,
        onExhausted: Transaction.Undo.OnExhausted? = nil, confirm: Bool = true
    ) throws -> Int64 {
        let undo = undo.map {
            Transaction.Undo(queue: $0, payload: payload, policy: policy, onExhausted: onExhausted)
        }
        let step = try call(Transaction.Step(transaction: transaction, name: "a step", undo: undo)).step
        if confirm { try call(Transaction.Confirm(transaction: transaction, step: step)) }
        return step
    }

    @discardableResult
    func rollback(_ transaction: Int64, toStep: Int64? = nil, as caller: Caller = .ada) throws -> TransactionState {
        try call(Transaction.Rollback(transaction: transaction, toStep: toStep), as: caller).state
    }

    /// Lets an owner end.
    func end(_ owner: Owner) throws {
        sendEnd(of: owner)
        try commit()
    }

    /// Takes the one undo that must be there, and completes it; answers its payload.
    @discardableResult
    func undo(_ queue: Name = .undos) throws -> RawJSON {
        let undo = try takeOne(queue)
        try complete(undo)
        return undo.payload
    }

    /// Lets the one undo that must be there use up its attempts.
    func exhaustUndo() throws { try call(.fail(takeOne(.undos), .validation)) }

    func info(_ transaction: Int64) throws -> TransactionInfo {
        try call(Transaction.Get(transaction: transaction)).info
    }

    /// The kinds of events about a transaction, in their order.
    func events(of transaction: Int64) throws -> [String] {
        try engine.database.read { db in
            try String.fetchAll(
                db, sql: "SELECT kind FROM events WHERE txn = ? AND kind LIKE 'transaction.%' ORDER BY event",
                arguments: [transaction])
        }
    }

    func state(ofTransaction transaction: Int64) throws -> TransactionState {
        try call(Transaction.Get(transaction: transaction)).info.state
    }

    func steps(_ transaction: Int64) throws -> [StepInfo] {
        try call(Transaction.Get(transaction: transaction)).steps
    }

    /// The codes of what the engine itself reported, the last first.
    func reported() throws -> [String] {
        try read(Errors.List()).errors.filter { $0.service == "mend" }.compactMap(\.code)
    }
}
