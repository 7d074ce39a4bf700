import MendProtocol
import MendWire
import Testing

@testable import MendEngine

/// The calls of the transaction family as tests say them.
extension TestEngine {
    func begin(
        timeoutMs: Int64? = nil, onDeadline: Transaction.Begin.OnDeadline? = nil, as caller: Caller = .ada
    ) throws -> Int64 {
        try call(
            Transaction.Begin(
                name: .deploy, timeoutMs: timeoutMs.map(PositiveMilliseconds.init(unchecked:)),
                onDeadline: onDeadline), as: caller
        ).transaction
    }

    /// Writes a step down whose undo goes to `undo`; one without an undo where that is nothing.
    @discardableResult
    func step(
        _ transaction: Int64, undo: Name? = .undos, _ payload: RawJSON = "null", policy: PolicyChoice? = nil,
        confirm: Bool = true
    ) throws -> Int64 {
        let undo = undo.map { Transaction.Undo(queue: $0, payload: payload, policy: policy) }
        let step = try call(Transaction.Step(transaction: transaction, name: "a step", undo: undo)).step
        if confirm { try call(Transaction.Confirm(transaction: transaction, step: step)) }
        return step
    }

    @discardableResult
    func rollback(_ transaction: Int64, as caller: Caller = .ada) throws -> TransactionState {
        try call(Transaction.Rollback(transaction: transaction), as: caller).state
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
