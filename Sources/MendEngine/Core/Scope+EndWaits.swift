import MendProtocol

extension CallContext {
    /// How long a call waits where it does not say.
    static let waitMs: Int64 = 60_000

    /// Answers at once where there is something to say, else when there is, and at the deadline in any case.
    func wait<Answer: Encodable & Sendable>(
        forEndOf awaited: Awaited, waitMs: Int64, _ answer: @escaping (Scope, _ asItIs: Bool) throws -> Answer?
    ) throws -> Reply<Answer> {
        if let answer = try answer(scope, waitMs <= 0) { return .now(answer) }
        let settings = engine.settings
        guard engine.endWaiters.count < settings.waitersMaxCount else {
            throw CallError(
                .unavailable, "\(settings.waitersMaxCount) calls wait already", field: "wait_ms",
                hint: "ask again without waiting", retryAfterMs: 1000)
        }
        let deadlineMs = min(now.elapsedMs + waitMs, deadlineMs ?? .max)
        let waiters = engine.endWaiters
        let ticket = ticket
        waiters.add(EndWaiter(ticket: ticket, awaited: awaited, deadlineMs: deadlineMs, answer: answer))
        engine.onRollback.append { _ = waiters.remove(ticket) }
        engine.note(dueAt: deadlineMs)
        return .later
    }
}

extension Scope {
    /// Answers those who waited for what has ended.
    func serveEndWaiters(_ outcomes: inout [CallOutcome]) {
        for waiter in engine.endWaiters.takeChanged() { serve(waiter, asItIs: false, &outcomes) }
    }

    /// Tells those whose time is over how things are.
    func expireEndWaiters(_ outcomes: inout [CallOutcome]) {
        while let waiter = engine.endWaiters.firstExpired(at: now.elapsedMs) { serve(waiter, asItIs: true, &outcomes) }
    }

    func endWait(_ ticket: Ticket) {
        let waiters = engine.endWaiters
        guard let waiter = waiters.remove(ticket) else { return }
        engine.onRollback.append { waiters.add(waiter) }
    }

    private func serve(_ waiter: EndWaiter, asItIs: Bool, _ outcomes: inout [CallOutcome]) {
        let result: Result<any Encodable & Sendable, CallError>
        do {
            guard let answer = try waiter.answer(self, asItIs) else { return }
            result = .success(answer)
        } catch {
            result = .failure(
                (error as? CallError) ?? CallError(.internalError, "what was waited for could not be read: \(error)"))
        }
        endWait(waiter.ticket)
        outcomes.append(CallOutcome(ticket: waiter.ticket, result: result))
    }
}
