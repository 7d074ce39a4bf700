import GRDB
import MendProtocol
import MendWire

extension Queue.Configure: WriterMethod {
    package func apply(_ call: CallContext) throws -> Reply<Answer> {
        try check(producers?.value, field: "producers")
        try check(consumers?.value, field: "consumers")
        if case .to(let leaseMs) = leaseMs, leaseMs.value < Self.leastLeaseMs {
            throw CallError(
                .invalidParams, "lease_ms must be at least \(Self.leastLeaseMs): in less no worker can do anything",
                field: "lease_ms")
        }
        let settings = try (call.scope.queue(queue)?.settings ?? StoredQueueSettings()).changed(by: self)
        let record = try call.scope.queueForEnqueue(queue, by: call.caller)
        let breaker = record.settings.breaker
        try record.configure(settings, call.db, now: call.now)
        if breaker != settings.breaker { try call.scope.tie(queue, to: settings.breaker, insteadOf: breaker) }
        // What was held back may go now, and who waits may no longer be admitted.
        call.engine.waiters.wake(queue)
        return .now(settings.inForce(call.engine.settings))
    }

    /// As of the configuration's own `queue.lease_ms`.
    private static var leastLeaseMs: Int64 { 100 }

    private func check(_ members: Members?, field: String) throws(CallError) {
        guard let members else { return }
        if let owner = queue.ownerOfUndos {
            throw CallError(
                .invalidParams, "the queue \(queue) is user \(owner)'s alone, whatever is configured", field: field)
        }
        guard members.count > Members.maxCount else { return }
        throw CallError(
            .tooLarge, "\(field) names \(members.count) users and groups; at most \(Members.maxCount) are kept",
            field: field, hint: "put the users into a group")
    }
}
