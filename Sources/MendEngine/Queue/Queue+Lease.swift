import GRDB
import MendProtocol
import MendWire

extension Queue.Lease: WaitingMethod, HoldingMethod {
    package var mayWait: Bool { (waitMs?.value ?? 0) > 0 }
}

extension Queue.Lease: WriterMethod {
    package static var bringsNewWork: Bool { true }
    package static var takesIdempotencyKey: Bool { false }

    package func apply(_ call: CallContext) throws -> Reply<Answer> {
        try check(worker, atMost: 128, field: "worker")
        guard (1...100).contains(queues.count) else {
            throw CallError(.invalidParams, "queues must name 1 to 100 queues, got \(queues.count)", field: "queues")
        }
        for (index, queue) in queues.enumerated() {
            try call.scope.checkMayDrain(queue, by: call.caller, field: "queues[\(index)]")
        }
        for queue in queues { try call.scope.noteConsumer(of: queue) }
        // Those who came first are served first.
        if call.engine.waiters.count > 0 {
            for queue in queues where try call.scope.queue(queue)?.counts.ready ?? 0 > 0 {
                try call.scope.serveWaiters(on: queue)
            }
        }
        let leased = try call.scope.lease(self, for: call.caller, owner: call.owner)
        guard leased.isEmpty, let waitMs, waitMs.value > 0 else { return .now(Answer(operations: leased)) }
        if let refusal = call.engine.settings.refusalToWait(
            call.caller, waiting: call.engine.waiters.count, own: call.engine.waiters.count(of: call.caller.uid))
        {
            throw refusal
        }
        let deadlineMs = min(call.now.elapsedMs + waitMs.value, call.deadlineMs ?? .max)
        call.engine.waiters.add(
            Waiter(
                ticket: call.ticket, caller: call.caller, owner: call.owner, call: self, deadlineMs: deadlineMs))
        call.engine.note(dueAt: deadlineMs)
        for queue in queues { try call.scope.wakeForToken(of: queue) }
        return .later
    }
}

extension Scope {
    /// Takes what is ready, from the first queue that has something.
    func lease(_ call: Queue.Lease, for caller: Caller, owner: Owner?) throws -> [Leased] {
        let max = Int(call.max?.value ?? 1)
        var leased: [Leased] = []
        var bytes = 0
        for name in call.queues {
            guard let queue = try queue(name), queue.serves(caller) else { continue }
            while leased.count < max, queue.counts.ready > 0, queue.mayLease(now: now),
                let next = try leaseNext(
                    of: queue, call, for: caller, owner: owner,
                    // The first one always goes: else one from before the limit was lowered blocks its queue for ever.
                    bytesLeft: leased.isEmpty ? .max : engine.settings.pageMaxBytes - bytes)
            {
                bytes += next.payload.text.utf8.count + 512
                leased.append(next)
            }
            if !leased.isEmpty { break }
        }
        return leased
    }

    private static let findReady = HotSQL(
        """
        SELECT id, attempt, max_attempts, uid, txn, step, breaker, correlation, traceparent, payload, expires_at
        FROM operations WHERE queue = ? AND state = 2 ORDER BY priority, id LIMIT 1
        """)
    private static let take = HotSQL(
        """
        UPDATE operations SET state = 4, attempt = ?, lease = ?, lease_uid = ?, lease_ms = ?, worker = ?, owner = ?,
            due_at = ? WHERE id = ?
        """)
    /// How many operations whose own breakers refuse them one call passes over.
    private static let refusedLimit = 64

    /// Takes the most urgent ready operation of a queue; none where its payload does not fit any more, or breakers refuse.
    private func leaseNext(
        of queue: QueueRecord, _ call: Queue.Lease, for caller: Caller, owner: Owner?, bytesLeft: Int,
        refusals: Int = 0
    ) throws -> Leased? {
        var permits: [LentPermit] = []
        if let breaker = queue.settings.breaker {
            guard let permit = borrow(from: breaker, for: caller) else { return nil }
            permits = permit
        }
        guard let row = try nextReady(of: queue) else {
            giveBack(permits)
            return nil
        }
        let id: Int64 = row[0]
        let payload: String
        do {
            payload = try engine.settings.payloads.text(row[9], at: PayloadStore.payload(of: id))
        } catch {
            giveBack(permits)
            try setAsideUnreadable(operation(id), because: error)
            guard refusals < Self.refusedLimit, queue.counts.ready > 0 else { return nil }
            return try leaseNext(
                of: queue, call, for: caller, owner: owner, bytesLeft: bytesLeft, refusals: refusals + 1)
        }
        if payload.utf8.count + 512 > bytesLeft {
            giveBack(permits)
            return nil
        }
        if let breaker = (row[6] as String?).map(Name.init(unchecked:)), breaker != queue.settings.breaker {
            guard let permit = borrow(from: breaker, for: caller) else {
                giveBack(permits)
                try park(operation(id))
                guard refusals < Self.refusedLimit, queue.counts.ready > 0 else {
                    engine.gates.overlooked.insert(queue.name)
                    engine.note(dueAt: now.elapsedMs)
                    return nil
                }
                return try leaseNext(
                    of: queue, call, for: caller, owner: owner, bytesLeft: bytesLeft, refusals: refusals + 1)
            }
            permits += permit
        }
        let attempt: Int64 = row[1] + 1
        let leaseMs = call.leaseMs?.value ?? queue.settings.leaseMs ?? engine.settings.leaseMs
        let untilMs = now.elapsedMs + leaseMs
        let lease = engine.counters.next(\.lease)
        try hot(Self.take).run(attempt, lease, caller.uid, leaseMs, call.worker, ownerID(owner), untilMs, id)
        attach(.lease(operation: id, lease: lease), to: owner)
        lend(permits, to: lease)
        queue.takeToken(now: now)
        queue.move(from: .ready, to: .leased)
        engine.note(dueAt: untilMs)
        engine.answerBytes += payload.utf8.count
        return Leased(
            operation: id, queue: queue.name, payload: RawJSON(unchecked: payload), attempt: attempt,
            maxAttempts: row[2], lease: lease, leaseUntilAt: now.wall(atElapsed: untilMs), uid: row[3],
            transaction: row[4], step: row[5], correlation: (row[7] as String?).map(Name.init(unchecked:)),
            traceparent: (row[8] as String?).flatMap(TraceParent.init))
    }

    /// The most urgent ready operation of a queue. One whose time is over is not handed out, even where the timer has not
    /// seen it yet: the daemon may have been away.
    private func nextReady(of queue: QueueRecord) throws -> Row? {
        for _ in 0..<Self.dueLimit {
            guard let row = try Row.fetchOne(hot(Self.findReady), arguments: [queue.id]) else {
                throw DatabaseError(
                    resultCode: .SQLITE_CORRUPT, message: "queue \(queue.name) counts more than it has")
            }
            guard let expiresMs = row[10] as Int64?, expiresMs <= now.elapsedMs else { return row }
            try expire(operation(row[0]))
            guard queue.counts.ready > 0 else { return nil }
        }
        // Who waits is served when the timer has done the rest.
        engine.waiters.wake(queue.name)
        return nil
    }

    /// Hands what became ready to those who wait for it.
    func serveWaiters(_ outcomes: inout [CallOutcome]) throws {
        // New leases are new work: who waits goes on waiting until there is room for it.
        guard !engine.isShortOfSpace else { return }
        for name in engine.waiters.takeWoken().sorted() { try serveWaiters(on: name) }
        engine.waiters.takeServed(&outcomes)
    }

    /// Hands what is ready on a queue to those who wait for it, the first one first.
    fileprivate func serveWaiters(on name: Name) throws {
        while let waiter = engine.waiters.first(on: name) {
            if engine.isFullOfAnswers {
                engine.waiters.wake(name)
                return engine.note(dueAt: now.elapsedMs)
            }
            guard !waiter.isOwnerGone else {
                engine.waiters.serve(waiter, waiter.answered([]))
                continue
            }
            do {
                // What was configured since may keep it out.
                try checkMayDrain(name, by: waiter.caller, field: "queues")
            } catch let refusal as CallError {
                engine.waiters.serve(waiter, CallOutcome(ticket: waiter.ticket, result: .failure(refusal)))
                continue
            }
            let leased = try lease(waiter.call, for: waiter.caller, owner: waiter.owner)
            if leased.isEmpty { return try wakeForToken(of: name) }
            engine.waiters.serve(waiter, waiter.answered(leased))
        }
    }

    /// Where something is ready on a queue and only a token of its rate is missing, wakes those who wait when it comes.
    fileprivate func wakeForToken(of name: Name) throws {
        guard let dueMs = try queue(name)?.nextTokenMs(now: now) else { return }
        engine.waiters.wake(name, atMs: dueMs)
        engine.note(dueAt: dueMs)
    }
}

extension Waiter {
    func answered(_ leased: [Leased]) -> CallOutcome {
        CallOutcome(ticket: ticket, result: .success(Queue.Lease.Answer(operations: leased)))
    }
}
