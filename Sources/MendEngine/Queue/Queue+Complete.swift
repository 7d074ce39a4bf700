import GRDB
import MendProtocol
import MendWire

extension Queue.Complete: WriterMethod {
    package func apply(_ call: CallContext) throws -> Reply<Answer> {
        let scope = call.scope
        try check(result, atMost: call.engine.settings.resultMaxBytes, field: "result")
        let row = try scope.operation(operation)
        // Said again by whoever did it, it answers as it did: the first answer may have been lost.
        if row.state == .done, row.lease == lease {
            try row.checkHeld(by: call.caller)
            return .now(Answer(state: .done))
        }
        let held = try scope.leased(operation, lease: lease, by: call.caller)
        scope.conclude(held, as: .success)
        try scope.end(held, as: .done, result: result?.text)
        let queue = try scope.queue(id: held.queue).name
        call.engine.outcomeTally.add(held.attempt > 1 ? .recovered : .completed, queue.text)
        if let transaction = held.transaction, let step = held.step {
            try scope.undoCompleted(transaction: transaction, step: step)
        }
        return .now(Answer(state: .done))
    }
}
