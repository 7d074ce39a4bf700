import MendProtocol

extension Transaction.Wait: WaitingMethod {
    package var mayWait: Bool { waitMs?.value != 0 }
}

extension Transaction.Wait: WriterMethod {
    package static var takesIdempotencyKey: Bool { false }

    package func apply(_ call: CallContext) throws -> Reply<Answer> {
        let (transaction, until) = (transaction, until ?? .end)
        return try call.wait(forEndOf: .transaction(transaction), waitMs: waitMs?.value ?? CallContext.waitMs) {
            scope, asItIs in
            let row = try scope.transaction(transaction)
            let isReached =
                switch row.state {
                case .active: false
                case .rollingBack: until == .inactive
                case .committed, .rolledBack, .parked: true
                }
            return asItIs || isReached ? Answer(row) : nil
        }
    }
}
