import GRDB
import MendProtocol

extension CallContext {
    /// How long a call waits where it does not say.
    static let waitMs: Int64 = 60_000

    /// Answers at once where there is something to say, else when there is, and at the deadline in any case.
    ///
    /// - Parameter orNotAtAll: whether the call has done something, and is answered at once where no more calls may wait.
    func wait<Answer: Encodable & Sendable>(
        forEndOf awaited: Awaited, waitMs: Int64, orNotAtAll: Bool = false,
        _ answer: @escaping (Scope, _ asItIs: Bool) throws -> Answer?
    ) throws -> Reply<Answer> {
        if let answer = try answer(scope, waitMs <= 0) { return .now(answer) }
        if let refusal = engine.settings.refusalToWait(
            caller, waiting: engine.endWaiters.count, own: engine.endWaiters.count(of: caller.uid))
        {
            if orNotAtAll, let answer = try answer(scope, true) { return .now(answer) }
            throw refusal
        }
        let deadlineMs = min(now.elapsedMs + waitMs, deadlineMs ?? .max)
        let waiters = engine.endWaiters
        let ticket = ticket
        waiters.add(
            EndWaiter(
                ticket: ticket, uid: caller.uid, awaited: awaited, deadlineMs: deadlineMs, answer: answer))
        engine.onRollback.append { _ = waiters.remove(ticket) }
        engine.note(dueAt: deadlineMs)
        return .later
    }
}

extension EngineSettings {
    /// Why a call may not wait: there are too many that do, or too many of its user's.
    func refusalToWait(_ caller: Caller, waiting: Int, own: Int) -> CallError? {
        let most = caller.role == .operator ? waitersMaxCount : max(1, waitersMaxCount / 4)
        guard waiting >= waitersMaxCount || own >= most else { return nil }
        return CallError(
            .unavailable,
            waiting >= waitersMaxCount ? "\(waiting) calls wait already" : "\(own) calls of yours wait already",
            field: "wait_ms", hint: "ask again without waiting", retryAfterMs: 1000)
    }
}

extension Scope {
    /// Answers those who waited for what has ended.
    func serveEndWaiters(_ outcomes: inout [CallOutcome]) throws {
        for waiter in engine.endWaiters.takeChanged() {
            if engine.isFullOfAnswers {
                engine.endWaiters.note(waiter.awaited)
                engine.note(dueAt: now.elapsedMs)
            } else {
                try serve(waiter, asItIs: false, &outcomes)
            }
        }
    }

    /// Tells those whose time is over how things are.
    func expireEndWaiters(_ outcomes: inout [CallOutcome]) throws {
        while let waiter = engine.endWaiters.firstExpired(at: now.elapsedMs) {
            try serve(waiter, asItIs: true, &outcomes)
        }
    }

    func endWait(_ ticket: Ticket) {
        let waiters = engine.endWaiters
        guard let waiter = waiters.remove(ticket) else { return }
        engine.onRollback.append { waiters.add(waiter) }
    }

    private func serve(_ waiter: EndWaiter, asItIs: Bool, _ outcomes: inout [CallOutcome]) throws {
        let result: Result<any Encodable & Sendable, CallError>
        do {
            guard let answer = try waiter.answer(self, asItIs) else { return }
            result = .success(answer)
        } catch let error as DatabaseError where error.isAboutTheDisk {
            throw error
        } catch {
            result = .failure(
                (error as? CallError) ?? CallError(.internalError, "what was waited for could not be read: \(error)"))
        }
        endWait(waiter.ticket)
        outcomes.append(CallOutcome(ticket: waiter.ticket, result: result))
    }
}
