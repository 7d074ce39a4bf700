import MendProtocol
import MendWire

extension Scope {
    /// The policy that an operation was enqueued with, else its queue's, with its own number of attempts.
    ///
    /// Another version may have kept a policy that this one does not know. That must not stop a timer, so `standard`
    /// stands in for it, and an event says so.
    func retryPolicy(of operation: OperationRow) throws -> ResolvedPolicy {
        let queue = try queue(id: operation.queue)
        var resolved = queue.policy
        if let text = operation.policy {
            resolved = try ResolvedPolicy(stored: text) ?? unknownPolicy(text, of: operation, in: queue.name)
        }
        resolved.maxAttempts = operation.maxAttempts
        return resolved
    }

    private func unknownPolicy(_ text: String, of operation: OperationRow, in queue: Name) throws -> ResolvedPolicy {
        let message = "its retry policy \(text) is not known to this version; the policy standard stands in for it"
        try journal(NewEvent(.policyUnknown, message, of: operation, in: queue))
        return .standard
    }
}

extension ResolvedPolicy {
    /// A policy as it is kept with an operation or a step; nothing where this version does not know it.
    init?(stored text: String) {
        guard let choice = Self.choice(stored: text), let policy = try? ResolvedPolicy(choice) else { return nil }
        self = policy
    }

    /// The same as it was given.
    static func choice(stored text: String) -> PolicyChoice? {
        guard let document = try? JSONDocument(parsing: text) else { return nil }
        return try? WireDecoder.decode(PolicyChoice.self, from: document.root, unknownMembers: .ignore)
    }
}
