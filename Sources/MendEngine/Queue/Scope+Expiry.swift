import MendProtocol

extension OperationRow {
    func hasExpired(at now: Moment) -> Bool {
        guard let expiresMs else { return false }
        return expiresMs <= now.elapsedMs
    }
}

extension Scope {
    /// Ends an operation that is not done and whose time is over, or that could be tried again only after that.
    @discardableResult
    func expire(_ operation: OperationRow) throws -> OperationState {
        try end(operation, as: .expired)
        let message =
            operation.state == .leased
            ? "attempt \(operation.attempt) ended without success, and there is no time for another one"
            : "it was not begun by its time"
        try journal(NewEvent(.operationExpired, message, of: operation, in: queue(id: operation.queue).name))
        return .expired
    }
}
