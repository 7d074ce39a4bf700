import MendProtocol

extension Queue.Release: WriterMethod {
    package func apply(_ call: CallContext) throws -> Reply<Answer> {
        let held = try call.scope.leased(operation, lease: lease, by: call.caller)
        return .now(Answer(state: try call.scope.makeReady(held, attempt: held.attempt - 1, lost: 0)))
    }
}

/// Leases whose answer could not be written: nobody holds them, so they go back without spending the attempt.
struct ReturnLeases: WriterBody {
    struct Answer: Encodable, Sendable {}

    let leases: [(operation: Int64, lease: Int64)]

    func run(_ call: CallContext) throws -> (any Encodable & Sendable)? {
        for (id, lease) in leases {
            // It may have ended since, and be forgotten.
            guard let operation = try call.scope.knownOperation(id), operation.state == .leased,
                operation.lease == lease
            else { continue }
            try call.scope.makeReady(operation, attempt: operation.attempt - 1, lost: operation.lost)
        }
        return Answer()
    }
}

/// Ends the wait of a call whose connection is gone.
struct EndWait: WriterBody {
    struct Answer: Encodable, Sendable {}

    let waiting: Ticket

    func run(_ call: CallContext) throws -> (any Encodable & Sendable)? {
        _ = call.engine.waiters.remove(waiting)
        call.scope.endWait(waiting)
        return Answer()
    }
}

extension WriterCall {
    package static func returnLeases(
        _ leases: [(operation: Int64, lease: Int64)], ticket: Ticket, caller: Caller
    ) -> WriterCall {
        WriterCall(body: ReturnLeases(leases: leases), ticket: ticket, caller: caller)
    }

    package static func endWait(of waiting: Ticket, ticket: Ticket, caller: Caller) -> WriterCall {
        WriterCall(body: EndWait(waiting: waiting), ticket: ticket, caller: caller)
    }
}
